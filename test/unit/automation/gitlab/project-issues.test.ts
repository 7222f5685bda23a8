import assert from "node:assert/strict";
import { markerLine, type NoteMarker } from "../../../../automation/gitlab/note-marker";
import { ProjectIssues } from "../../../../automation/gitlab/project-issues";
import { GitlabClient } from "../../../../components/gitlab/api/gitlab-client";
import { GitlabWeb } from "../../../support/gitlab-web";
import { FailingFront } from "../../../support/http/failing-front";

const marker = (more: Partial<NoteMarker> = {}): NoteMarker => ({
  about: "drift",
  project: "berth",
  stack: "dev",
  pipeline: "10",
  hash: "one",
  ...more,
});
const text = (words: string, of: NoteMarker) => ({
  title: `Drift: ${words}`,
  description: `${markerLine(of)}\n${words}`,
});

describe("berth's issues in a project", () => {
  let gitlab: GitlabWeb;
  let front: FailingFront;
  let token: string;

  beforeEach(async () => {
    gitlab = await new GitlabWeb().start();
    front = await new FailingFront(() => gitlab.url).start();
    token = gitlab.token("berth", { accessLevel: 20 });
  });

  afterEach(async () => {
    await front.stop();
    await gitlab.stop();
  });

  function issues({ by = token, project = gitlab.project } = {}) {
    const api = `http://${front.host}/api/v4`;
    const args = { api, token: by, tokenName: "BERTH_GITLAB_TOKEN", patience: 5_000, retryDelay: 1 };
    return new ProjectIssues(new GitlabClient(args), project);
  }

  const put = (words: string, more: Partial<NoteMarker> = {}) =>
    issues().put(marker(more), text(words, marker(more)));

  const listed = async () => {
    const headers = { "private-token": token };
    const { json } = await gitlab.ask("GET", "/issues?sort=asc&per_page=100", headers);
    return (json as { title: string; state: string }[]).map(({ title, state }) => `${state} ${title}`);
  };

  const said = async (iid: number) => {
    const headers = { "private-token": token };
    const { json } = await gitlab.ask("GET", `/issues/${iid}/notes?sort=asc`, headers);
    return (json as { body: string }[]).map(({ body }) => body);
  };

  it("are opened, updated in place, closed, and opened again: one for each stack", async () => {
    const opened = await put("a");
    assert.equal(opened.result, "opened");
    assert.match(opened.url!, /\/team\/blog\/-\/issues\/1$/);
    assert.equal((await put("a again")).result, "left", "it says the same");
    assert.deepEqual(await put("b", { hash: "two" }), { result: "updated", url: opened.url });
    await put("of prod", { stack: "prod" });
    assert.deepEqual(await listed(), ["opened Drift: b", "opened Drift: of prod"]);
    assert.equal((await issues().end(marker(), "It is gone.")).result, "closed");
    assert.equal((await issues().end(marker(), "It is gone.")).result, "left");
    assert.deepEqual(await listed(), ["closed Drift: b", "opened Drift: of prod"]);
    assert.equal((await put("c", { hash: "two" })).result, "reopened");
    assert.deepEqual(await listed(), ["opened Drift: c", "opened Drift: of prod"]);
    assert.deepEqual(await said(1), ["It is gone.", "It is back."]);
  });

  it("are found among many, page by page, and not those of somebody else", async () => {
    const { store } = gitlab;
    const of = (name: string) => ({ id: store.idOf(`user ${name}`), username: name, name });
    const add = (author: ReturnType<typeof of>, description: string) => {
      const now = new Date().toISOString();
      store.content.issues.push({
        id: store.nextId(),
        iid: store.content.issues.length + 1,
        project: gitlab.project,
        labels: [],
        title: "An issue",
        description,
        state: "opened",
        confidential: false,
        author,
        created_at: now,
        updated_at: now,
        closed_at: null,
      });
    };
    add(of("somebody"), text("copied", marker()).description);
    for (let index = 0; index < 250; index++) add(of("project_bot_berth"), `quoted: ${markerLine(marker())}`);
    assert.equal((await put("ours")).result, "opened");
    assert.equal((await put("ours", { hash: "two" })).result, "updated");
    assert.equal(store.content.issues[0]!.title, "An issue");
    assert.ok(front.requests.some((request) => request.includes("page=3")));
  });

  it("aren't overwritten by an older pipeline that ends late", async () => {
    await put("newer", { pipeline: "12" });
    assert.equal(
      (await put("older", { pipeline: "11", hash: "two" })).why,
      "a newer pipeline has written the issue",
    );
    assert.deepEqual(await listed(), ["opened Drift: newer"]);
  });

  it("are written once where the answer to the creation is lost, and where GitLab is in trouble", async () => {
    front.next("POST", "answer lost");
    front.next(
      "GET",
      { status: 502, body: "" },
      { status: 429, body: "Retry later\n", headers: { "retry-after": "0" } },
    );
    assert.equal((await put("a")).result, "opened");
    assert.deepEqual(await listed(), ["opened Drift: a"]);
  });

  it("that two jobs opened at once become one", async () => {
    await put("a");
    const headers = { "private-token": token };
    await gitlab.ask("POST", "/issues", headers, text("b", marker()));
    assert.equal((await put("c", { hash: "two" })).result, "updated");
    assert.deepEqual(await listed(), ["opened Drift: c", "closed Drift: b"]);
    assert.deepEqual(await said(2), ["#1 tells the same."]);
  });

  it("are refused with what to do", async () => {
    const reader = gitlab.token("reader", { scopes: ["read_api"] });
    const cases: [Parameters<typeof issues>[0], RegExp][] = [
      [{ by: "wrong" }, /ask whose token it is.*401.*doesn't know the token in BERTH_GITLAB_TOKEN/],
      [{ by: reader }, /open an issue in project team\/blog.*403.*needs the scope api/],
      [{ project: "team/other" }, /read the issues of project team\/other.*404.*for another project/],
    ];
    for (const [of, words] of cases) {
      await assert.rejects(issues(of).put(marker(), text("a", marker())), (error: Error) => {
        assert.match(error.message, words);
        return !error.message.includes(reader) && !error.message.includes("wrong)");
      });
    }
  });
});
