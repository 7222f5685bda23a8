import assert from "node:assert/strict";
import { renderNote } from "../../../../automation/change/note/note";
import { MergeRequestNotes } from "../../../../automation/gitlab/merge-request-notes";
import { markerLine, type NoteMarker } from "../../../../automation/gitlab/note-marker";
import { GitlabClient } from "../../../../components/gitlab/api/gitlab-client";
import { freePort } from "../../../support/free-port";
import { GitlabWeb } from "../../../support/gitlab-web";
import { FailingFront } from "../../../support/http/failing-front";
import { TlsFront } from "../../../support/http/tls-front";
import { changeOf } from "../change/recorded";

const COMMIT = "a".repeat(40);
const marker = (more: Partial<NoteMarker> = {}): NoteMarker => ({
  project: "berth",
  stack: "dev",
  pipeline: "10",
  commit: COMMIT,
  ...more,
});
const text = (words: string, of = marker()) => `${markerLine(of)}\n${words}`;

describe("notes in a merge request", () => {
  let gitlab: GitlabWeb;
  let front: FailingFront;
  let iid: number;
  let token: string;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    front = await new FailingFront(() => gitlab.url).start();
    token = gitlab.token("berth", { accessLevel: 20 });
  });

  beforeEach(async () => {
    iid = await gitlab.mergeRequest(COMMIT);
    front.requests.length = 0;
  });

  after(async () => {
    await front.stop();
    await gitlab.stop();
  });

  function notes({
    of = iid,
    by = token,
    project = "team/blog",
    patience = 5_000,
    api = `http://${front.host}/api/v4`,
  } = {}) {
    const client = new GitlabClient({
      api,
      token: by,
      tokenName: "BERTH_GITLAB_TOKEN",
      patience,
      retryDelay: 1,
    });
    return new MergeRequestNotes(client, { project, iid: of });
  }

  const put = (words: string, more: Partial<NoteMarker> = {}, options = {}) =>
    notes(options).put(marker(more), text(words, marker(more)));

  /** Bodies without their first line, the oldest first. */
  async function written(of = iid): Promise<string[]> {
    const headers = { "private-token": token };
    const { json } = await gitlab.ask("GET", `/merge_requests/${of}/notes?sort=asc&per_page=100`, headers);
    return (json as { body: string }[]).map(({ body }) => body.replace(/^<!--[^\n]*\n/, ""));
  }

  const write = async (by: string, body: string) => {
    const headers = { "private-token": gitlab.token(by) };
    return (await gitlab.ask("POST", `/merge_requests/${iid}/notes`, headers, { body })).json.id as number;
  };

  it("are written once and updated in place, one for each project and stack", async () => {
    const created = await put("first");
    assert.equal(created.result, "created");
    assert.match(created.url!, new RegExp(`/team/blog/-/merge_requests/${iid}#note_\\d+$`));
    assert.deepEqual(await put("second"), { result: "updated", url: created.url });
    await put("other stack", { stack: "prod" });
    await put("other project", { project: "shop" });
    assert.deepEqual(await written(), ["second", "other stack", "other project"]);
  });

  it("are one for each stack of the same names, by its identity; one without is taken on, and no other is taken away", async () => {
    await put("of a version before");
    await put("ours", { identity: "1111" });
    await put("theirs", { identity: "2222" });
    await put("ours again", { identity: "1111" });
    await put("of a stack before its first update");
    await put("theirs again", { identity: "2222" });
    const bodies = await written();
    assert.deepEqual(bodies, ["ours again", "theirs again", "of a stack before its first update"]);
  });

  it("are found among 3,000 others, page by page, and not looked for further", async () => {
    const { store } = gitlab;
    const author = { id: store.idOf("user somebody"), username: "somebody", name: "somebody" };
    const { id: noteable_id } = store.content.mergeRequests.find((one) => one.iid === iid)!;
    const plain = (now = new Date().toISOString()) => ({
      id: store.nextId(),
      body: "a note",
      author,
      noteable_type: "MergeRequest" as const,
      noteable_id,
      noteable_iid: iid,
      created_at: now,
      updated_at: now,
    });
    for (let index = 0; index < 1_500; index++) store.content.notes.push(plain());
    assert.equal((await put("first")).result, "created");
    assert.equal(front.requests.filter((one) => one.includes("/notes?")).length, 15);
    const later = new Date(Date.now() + 1_000).toISOString();
    for (let index = 0; index < 1_500; index++) store.content.notes.push(plain(later));
    front.requests.length = 0;
    assert.equal((await put("second")).result, "updated");
    assert.equal(front.requests.filter((one) => one.includes("/notes?")).length, 16);
    assert.equal((await put("other", { stack: "prod" })).result, "created");
  });

  for (const kept of ["link", "x-next-page"])
    it(`are found on a second page that only ${kept} tells of`, async () => {
      const { store } = gitlab;
      const author = { id: store.idOf("user somebody"), username: "somebody", name: "somebody" };
      const { id: noteable_id } = store.content.mergeRequests.find((one) => one.iid === iid)!;
      const now = new Date(0).toISOString();
      for (let index = 0; index < 100; index++)
        store.content.notes.push({
          id: store.nextId(),
          body: "a note",
          author,
          noteable_type: "MergeRequest" as const,
          noteable_id,
          noteable_iid: iid,
          created_at: now,
          updated_at: now,
        });
      front.hide = (name) => /^(link|x-)/.test(name) && name !== kept;
      try {
        assert.equal((await put("first")).result, "created");
        assert.equal((await put("second")).result, "updated");
      } finally {
        front.hide = () => false;
      }
      const ours = store.content.notes.filter((one) => one.noteable_iid === iid && one.body !== "a note");
      assert.equal(ours.length, 1, "and none is beside it");
    });

  it("are not looked for for ever where pages go round, nor anywhere else than at GitLab", async () => {
    const round = { link: `<https://elsewhere.test/notes?page=1>; rel="next"` };
    front.next("GET", { status: 200, body: '{"id":1}' });
    front.next("GET", ...Array.from({ length: 2 }, () => ({ status: 200, body: "[]", headers: round })));
    await assert.rejects(
      notes().markStale(marker(), "No."),
      /Could not read the notes of .*: its pages don't end$/,
    );
    assert.match(front.requests.at(-1)!, /\/notes\?page=1$/);
  });

  it("leave a note alone that somebody else wrote with the same marker", async () => {
    await write("mallory", text("forged"));
    assert.equal((await put("ours")).result, "created");
    assert.equal((await put("ours again")).result, "updated");
    assert.deepEqual(await written(), ["forged", "ours again"]);
  });

  it("are written anew where ours was deleted, also between look-up and update", async () => {
    await put("first");
    const { store } = gitlab;
    store.content.notes = store.content.notes.filter((one) => one.noteable_iid !== iid);
    assert.equal((await put("second")).result, "created");
    front.next("PUT", { status: 404, body: '{"message":"404 Not found"}' });
    assert.equal((await put("third")).result, "created");
  });

  it("are written anew where ours may no longer be changed", async () => {
    await put("first");
    front.next("PUT", { status: 403, body: '{"message":"403 Forbidden"}' });
    assert.equal((await put("second")).result, "created");
    assert.equal((await put("third")).result, "updated");
    assert.deepEqual(await written(), ["third"], "the second one of two of our notes is taken away");
  });

  it("are not overwritten by an older pipeline that ends late", async () => {
    await put("newer", { pipeline: "12" });
    const late = await put("older", { pipeline: "9" });
    assert.deepEqual([late.result, late.why], ["left", "a newer pipeline has written the note"]);
    await put("again", { pipeline: "12" });
    assert.deepEqual(await written(), ["again"]);
  });

  it("about an update that was made are beside them, and the latest one counts, whichever pipeline's it was", async () => {
    await put("planned", { pipeline: "12" });
    await put("made", { about: "update", pipeline: "12" });
    const again = await put("made by a job of an older pipeline", { about: "update", pipeline: "9" });
    assert.equal(again.result, "updated");
    assert.deepEqual(await written(), ["planned", "made by a job of an older pipeline"]);
  });

  it("say that they are out of date where the merge request has moved on", async () => {
    await put("of another commit", { commit: "b".repeat(40) });
    assert.deepEqual(await written(), [
      `> **Out of date.** It was previewed for another commit; the merge request is at \`${COMMIT.slice(0, 12)}\`.\n\nof another commit`,
    ]);
    await put("of this one");
    assert.deepEqual(await written(), ["of this one"]);
    await put("of an update", { about: "update", commit: "b".repeat(40) });
    assert.deepEqual(await written(), ["of this one", "of an update"]);
  });

  it("are marked once where a later preview failed, and by a newer pipeline only", async () => {
    assert.equal((await notes().markStale(marker(), "It failed.")).why, "there is no note yet");
    await put("text", { pipeline: "10" });
    await notes().markStale(marker({ pipeline: "11" }), "First failure.");
    await notes().markStale(marker({ pipeline: "12" }), "Second failure.");
    assert.equal((await notes().markStale(marker({ pipeline: "9" }), "Old failure.")).result, "left");
    assert.deepEqual(await written(), ["> **Out of date.** Second failure.\n\ntext"]);
    await put("better", { pipeline: "13" });
    assert.deepEqual(await written(), ["better"]);
  });

  it("are not written into a merge request that was closed meanwhile", async () => {
    const headers = { "private-token": gitlab.token("developer") };
    await gitlab.ask("PUT", `/merge_requests/${iid}`, headers, { state_event: "close" });
    const { result, why } = await put("late");
    assert.deepEqual([result, why], ["left", `merge request !${iid} of project team/blog is closed`]);
    assert.deepEqual(await written(), []);
  });

  it("of a change of 5 MB are cut to what GitLab takes", async () => {
    const properties = [{ path: "text", new: "é".repeat(50_000) }];
    const resources = Array.from({ length: 100 }, (_, index) => ({
      urn: `urn:${index}`,
      operation: "update" as const,
      type: "test:index:Thing",
      name: `thing-${index}`,
      properties,
    }));
    const change = changeOf({ resources });
    assert.ok(JSON.stringify(change).length > 5_000_000);
    const moved = marker({ commit: "b".repeat(40) });
    assert.equal((await notes().put(moved, renderNote(change, {}))).result, "created");
    assert.match((await written())[0]!, /^> \*\*Out of date[\s\S]*Cut here/);
  });

  it("wait for a limited GitLab as long as it says, and try again after its troubles", async () => {
    const troubles = [
      { status: 429, body: "Retry later\n", headers: { "Retry-After": "0" } },
      { status: 502, body: "<html><body>Bad Gateway</body></html>" },
      "broken off" as const,
    ];
    front.next("GET", ...troubles);
    front.next("POST", troubles[0]!);
    assert.equal((await put("first")).result, "created");
    front.next("PUT", ...troubles);
    assert.equal((await put("second")).result, "updated");
    assert.deepEqual(await written(), ["second"]);
  });

  it("are written once where the answer to their creation is lost, or never came to be", async () => {
    front.next("POST", "answer lost");
    assert.equal((await put("first")).result, "created");
    front.next("POST", { status: 500, body: "" }, "broken off");
    await put("other", { stack: "prod" });
    assert.deepEqual(await written(), ["first", "other"]);
  });

  it("give up in the end, with GitLab's own words", async () => {
    front.next(
      "GET",
      ...Array.from({ length: 10 }, () => ({ status: 503, body: "<h1>Down for\n maintenance</h1>" })),
    );
    await assert.rejects(
      put("never"),
      /^GitlabError: Could not .* 503 Down for maintenance\. GitLab has trouble; try again later$/,
    );
    front.next("GET", { status: 429, body: "Retry later", headers: { "Retry-After": "3600" } });
    await assert.rejects(put("never", {}, { patience: 1_000 }), /429 Retry later\. GitLab's rate limit/);
  });

  it("say what is wrong with a token, and never the token", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const cases: [string, RegExp][] = [
      [
        gitlab.token("notes-old", { expiresAt: today }),
        /401 invalid_token: Token is expired.*BERTH_GITLAB_TOKEN is expired: make a new one/,
      ],
      [gitlab.token("notes-revoked", { revoked: true }), /Token was revoked.*make a new one/],
      [
        gitlab.token("notes-reader", { scopes: ["read_api"] }),
        /write a note.*403 insufficient_scope.*needs the scope api$/,
      ],
      [gitlab.token("notes-guest", { accessLevel: 10 }), /403 Forbidden\. .*needs the role Reporter/],
      ["glpat-unknown-to-all", /401 Unauthorized\. GitLab doesn't know the token in BERTH_GITLAB_TOKEN/],
    ];
    for (const [by, words] of cases) {
      await assert.rejects(put("text", {}, { by }), (error: Error) => {
        assert.match(error.message, words);
        assert.ok(!error.message.includes(by));
        return true;
      });
    }
    front.next("GET", { status: 400, body: JSON.stringify({ message: `bad token ${token}` }) });
    await assert.rejects(
      put("text"),
      (error: Error) => /bad token \*\*\*/.test(error.message) && !error.message.includes(token),
    );
  });

  it("say that a project or a merge request isn't there for the token", async () => {
    await assert.rejects(
      put("text", {}, { project: "4711" }),
      /404 Project Not Found\. .*the token in BERTH_GITLAB_TOKEN is for another project/,
    );
    await assert.rejects(
      put("text", {}, { of: 999 }),
      /read merge request !999 of project team\/blog .*404 Not found/,
    );
  });

  it("take the token nowhere else, and no page of a proxy for an answer", async () => {
    front.next("GET", { status: 302, body: "", headers: { Location: "http://127.0.0.1:1/" } });
    await assert.rejects(put("text"), /302.*A redirect isn't followed.*CI_API_V4_URL/);
    front.next("GET", { status: 200, body: "<html>Sign in</html>" });
    await assert.rejects(put("text"), /200 with an answer that isn't JSON/);
    await assert.rejects(
      put("text", {}, { api: `http://127.0.0.1:${await freePort()}/api/v4`, patience: 5 }),
      /no answer \(ECONNREFUSED\)/,
    );
  });

  it("say what to do where GitLab's certificate is of an authority of the company's own", async () => {
    const tls = await new TlsFront().start((_, answer) => answer.end("{}"));
    try {
      await assert.rejects(
        put("text", {}, { api: `https://${tls.host}/api/v4`, patience: 5 }),
        /of an authority that is not trusted \(.*\); the environment's NODE_EXTRA_CA_CERTS can name a file with its CA/,
      );
    } finally {
      await tls.stop();
    }
  });
});
