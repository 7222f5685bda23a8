import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFile } from "../../../../automation/gitlab/gitlab";
import { PinCommit } from "../../../../automation/releases/pin-commit";
import { CommandError } from "../../../../automation/terminal/exit";
import { GitlabClient } from "../../../../components/gitlab/api/gitlab-client";
import { type FilePlace, ProjectFile } from "../../../../components/gitlab/api/project-file";
import { GitlabWeb } from "../../../support/gitlab-web";
import { FailingFront } from "../../../support/http/failing-front";

const FILE = "deploy/Pulumi.prod.yaml";
const TEXT = "# prod\nconfig:\n  berth:apps:\n    blog:\n      release: none # yet\n      port: 80\n";
const release = { tag: "3f2a91c04d7e", digest: `sha256:${"a".repeat(64)}`, from: "dev" };
const again = "this once more";
const PINNED = `release:\n        tag: "${release.tag}"\n        digest: ${release.digest}\n        from: "dev"\n      port`;

describe("a settings file in the project's git", () => {
  let gitlab: GitlabWeb;
  let front: FailingFront;
  let maintainer: string;

  beforeEach(async () => {
    gitlab = await new GitlabWeb().start();
    front = await new FailingFront(() => gitlab.url).start();
    maintainer = gitlab.token("maintainer", { accessLevel: 40 });
    await commit([{ action: "create", file_path: FILE, content: TEXT }]);
  });

  afterEach(async () => {
    await front.stop();
    await gitlab.stop();
  });

  function file(
    by = maintainer,
    more: Partial<FilePlace> = {},
    api = `http://${front.host}/api/v4`,
  ): ProjectFile {
    const args = { api, token: by, tokenName: "BERTH_GITLAB_TOKEN", patience: 2_000, retryDelay: 1 };
    const author = { name: "Ann", email: "ann@example.com" };
    const place = { project: gitlab.project, branch: "main", path: FILE, author, ...more };
    return new ProjectFile(new GitlabClient(args), place, args.tokenName);
  }

  async function commit(actions: object[], token = maintainer): Promise<void> {
    const body = { branch: "main", commit_message: "By hand", actions };
    const { status, text } = await gitlab.ask(
      "POST",
      "/repository/commits",
      { "private-token": token },
      body,
    );
    assert.equal(status, 201, text);
  }

  async function onMain(): Promise<{ text: string; commits: number; head: Record<string, string> }> {
    const headers = { "private-token": maintainer };
    const path = `/repository/files/${encodeURIComponent(FILE)}`;
    const { json } = await gitlab.ask("GET", `${path}?ref=main`, headers);
    const head = (await gitlab.ask("GET", "/repository/branches/main", headers)).json.commit;
    let commits = 1;
    for (let at = head; at.parent_ids.length > 0; commits++)
      at = (await gitlab.ask("GET", `/repository/commits/${at.parent_ids[0]}`, headers)).json;
    return { text: Buffer.from(json.content, "base64").toString("utf8"), commits, head };
  }

  const append = (words: string) => (text: string) =>
    text.includes(`# ${words}\n`) ? text : `${text}# ${words}\n`;

  it("has a pin put in, with its comments and whatever else, by who started the job; and only once", async () => {
    const said: string[] = [];
    const report = { say: (line: string) => said.push(line) } as never;
    const title = "Release blog 3f2a91c04d7e to prod";
    const pin = await PinCommit.prepare(file(), { app: "blog", release, again, title });
    await commit([{ action: "update", file_path: FILE, content: TEXT.replace("80", "81 # moved") }]);
    await pin.write(report);
    const { text, commits, head } = await onMain();
    assert.equal(text, TEXT.replace("release: none # yet\n      port: 80", `${PINNED}: 81 # moved`));
    assert.equal(commits, 3);
    assert.equal(head["message"], `${title} [skip ci]\n\n${release.digest}, out of dev`);
    assert.deepEqual([head["author_name"], head["author_email"]], ["Ann", "ann@example.com"]);
    assert.equal(head["committer_name"], "maintainer");
    await pin.write(report);
    assert.equal((await onMain()).commits, 3);
    assert.match(
      said.join("\n"),
      /The pin is committed: http:.*\/commit\/[0-9a-f]{40}\n.*has this pin already/,
    );
  });

  it("loses nobody's change where several commit at once", async () => {
    const words = ["one", "two", "three", "four"];
    const edits = words.map((word) => file().edit(append(word), `Add ${word}`));
    assert.deepEqual(
      (await Promise.all(edits)).map(({ result }) => result),
      words.map(() => "committed"),
    );
    const { text, commits } = await onMain();
    for (const word of words) assert.ok(text.includes(`# ${word}\n`), text);
    assert.equal(commits, 1 + words.length);
  });

  it("is committed once, where the answer is lost on the way, and where GitLab was in trouble", async () => {
    front.next("POST", "answer lost");
    assert.equal((await file().edit(append("lost"), "Lost")).result, "same");
    front.next(
      "POST",
      { status: 502, body: "<html>Bad gateway</html>" },
      { status: 429, body: "Retry later\n" },
    );
    assert.equal((await file().edit(append("trouble"), "Trouble")).result, "committed");
    assert.equal((await onMain()).commits, 3);
  });

  it("is given up after some rounds, with GitLab's words", async () => {
    const body = JSON.stringify({ message: `The file has changed since you started editing it: ${FILE}` });
    front.next("POST", ...Array(6).fill({ status: 400, body }));
    await assert.rejects(file().edit(append("never"), "Never"), (error: Error) => {
      assert.match(
        error.message,
        /Could not commit deploy\/Pulumi.prod.yaml on the branch main .*has changed since/,
      );
      return !error.message.includes(maintainer);
    });
    assert.equal((await onMain()).commits, 1);
  }).timeout(15_000);

  it("is refused before anything is deployed, and again when it is committed, where the token may not push", async () => {
    const developer = gitlab.token("developer", { accessLevel: 30 });
    const reader = gitlab.token("reader", { scopes: ["read_api"], accessLevel: 40 });
    const edit = append("x");
    const mayNot =
      /token in BERTH_GITLAB_TOKEN may not push to the branch main of project team\/blog.*Maintainer/s;
    await assert.rejects(file(developer).check(edit), mayNot);
    await assert.rejects(file(developer).edit(edit, "X"), mayNot);
    await assert.rejects(file("wrong").check(edit), /401 Unauthorized.*doesn't know the token/);
    await assert.rejects(file(maintainer, { branch: "none" }).check(edit), /on the branch none.*404/);
    await assert.rejects(
      file(maintainer, { path: "none.yaml" }).check(edit),
      /read none.yaml on the branch main.*404/,
    );
    await assert.rejects(file(maintainer, { project: "team/other" }).check(edit), /404 Project Not Found/);
    await assert.rejects(file(reader).check(edit), /needs the scope api/);
    await file(maintainer).check(edit);
    assert.equal((await onMain()).commits, 1);
    await gitlab.ask("DELETE", "/protected_branches/main", { "private-token": maintainer });
    await file(developer).check(edit);
  });

  it("is no reason not to go back: that is told before, and once more with what it means when it is done", async () => {
    const developer = gitlab.token("developer", { accessLevel: 30 });
    const mayNot = /^The token in BERTH_GITLAB_TOKEN may not push to the branch main of project team\/blog/;
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    const pin = await PinCommit.prepare(file(developer), { app: "blog", release, again, title: "Back" }, say);
    assert.equal(said.length, 1);
    assert.match(said[0]!, mayNot);
    assert.match(said[0]!, /\nThe way back is taken all the same; git is tried again when it is done\.$/);
    await assert.rejects(pin.write({ say } as never), (error: Error) => {
      assert.match(error.message, mayNot);
      assert.match(
        error.message,
        /\nThe release is deployed, and git doesn't say so: an update by what git has .*\. Once that is mended: this once more\. It only/,
      );
      return error instanceof CommandError && error.exit === 1;
    });
    assert.equal((await onMain()).commits, 1);
  });

  it("is refused before where it can't be pinned as the branch has it", async () => {
    await commit([
      { action: "update", file_path: FILE, content: "config: { 'berth:apps': { shop: { port: 1 } } }" },
    ]);
    const preparing = PinCommit.prepare(file(), { app: "blog", release, again, title: "Release" });
    await assert.rejects(preparing, /no settings berth:apps\.blog in this file/);
  });
});

describe("the file of a job's checkout", () => {
  const root = mkdtempSync(join(tmpdir(), "berth-checkout-"));
  const path = join(root, "infra", "Pulumi.prod.yaml");
  const job = {
    CI_API_V4_URL: "http://127.0.0.1:1/api/v4",
    CI_PROJECT_ID: "1",
    CI_DEFAULT_BRANCH: "main",
    CI_PROJECT_DIR: root,
    BERTH_GITLAB_TOKEN: "glpat-1",
  };
  mkdirSync(join(root, "infra"));
  writeFileSync(path, TEXT);

  after(() => rmSync(root, { recursive: true }));

  it("is known where the job has all that GitLab sets, and is within the checkout", () => {
    assert.ok(projectFile(path, job) instanceof ProjectFile);
    for (const name of Object.keys(job)) {
      assert.throws(
        () => projectFile(path, { ...job, [name]: "" }),
        (error: unknown) =>
          error instanceof CommandError &&
          error.exit === 2 &&
          new RegExp(`--commit .*${name}`).test(error.message),
      );
    }
    assert.throws(() => projectFile(__filename, job), /is not within the job's checkout/);
  });
});
