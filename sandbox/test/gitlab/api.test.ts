import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { GitlabWeb } from "../../../test/support/gitlab-web";
import { ensureCiToken } from "../../gitlab/access-tokens";

describe("the API of the sandbox's GitLab", () => {
  let gitlab: GitlabWeb;
  let writer: Record<string, string>;
  let iid: number;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    writer = { "private-token": gitlab.token("writer") };
    iid = await gitlab.mergeRequest("a".repeat(40));
  });

  after(() => gitlab.stop());

  const note = async (body: string, headers = writer) =>
    gitlab.ask("POST", `/merge_requests/${iid}/notes`, headers, { body });

  it("tells a token of itself, whatever its scopes, and of its role in the project", async () => {
    const narrow = gitlab.token("narrow", {
      scopes: ["read_registry"],
      accessLevel: 20,
      expiresAt: "2099-01-01",
    });
    const headers = { "private-token": narrow };
    const { status, json } = await gitlab.ask("GET", "/api/v4/personal_access_tokens/self", headers);
    assert.deepEqual(
      [status, json.name, json.scopes, json.active, json.expires_at, "token" in json],
      [200, "narrow", ["read_registry"], true, "2099-01-01", false],
    );
    assert.equal((await gitlab.ask("GET", "", headers)).status, 403);
    const { permissions } = (await gitlab.ask("GET", "", writer)).json;
    assert.deepEqual(permissions.project_access.access_level, 30);
  });

  it("says whose token it is, by either header", async () => {
    const bearer = { authorization: `Bearer ${writer["private-token"]}` };
    for (const headers of [writer, bearer]) {
      const { status, json } = await gitlab.ask("GET", "/api/v4/user", headers);
      assert.deepEqual([status, json.username, json.bot], [200, "project_bot_writer", true]);
    }
  });

  it("says which edition it is, to whom it knows", async () => {
    const { status, json } = await gitlab.ask("GET", "/api/v4/metadata", writer);
    assert.deepEqual([status, json.enterprise, /-ee$/.test(json.version)], [200, true, true]);
    assert.equal((await gitlab.ask("GET", "/api/v4/metadata", {})).status, 401);
    const community = await new GitlabWeb().start({ isCommunity: true });
    const headers = { "private-token": community.token("reader") };
    const other = (await community.ask("GET", "/api/v4/metadata", headers)).json;
    assert.deepEqual([other.enterprise, /-ee$/.test(other.version)], [false, false]);
    await community.stop();
  });

  it("finds a project by its path and by its number", async () => {
    const { json } = await gitlab.ask("GET", "", writer);
    assert.equal(json.path_with_namespace, "team/blog");
    const again = await gitlab.ask("GET", `/api/v4/projects/${json.id}`, writer);
    assert.deepEqual(again.json, json);
  });

  it("keeps notes: created, read, changed, deleted", async () => {
    const created = await note("**first**");
    assert.equal(created.status, 201);
    const { id, author, noteable_type, noteable_iid, system } = created.json;
    assert.deepEqual(
      [author.username, noteable_type, noteable_iid, system],
      ["project_bot_writer", "MergeRequest", iid, false],
    );
    const path = `/merge_requests/${iid}/notes/${id}`;
    assert.equal((await gitlab.ask("PUT", path, writer, { body: "second" })).json.body, "second");
    assert.equal((await gitlab.ask("GET", path, writer)).json.body, "second");
    assert.equal((await gitlab.ask("DELETE", path, writer)).status, 204);
    const gone = await gitlab.ask("PUT", path, writer, { body: "third" });
    assert.deepEqual([gone.status, gone.json], [404, { message: "404 Not found" }]);
  });

  it("gives lists in pages, with GitLab's headers, the newest first unless told otherwise", async () => {
    const other = await gitlab.mergeRequest();
    const notes = `/merge_requests/${other}/notes`;
    for (let index = 0; index < 45; index++)
      await gitlab.ask("POST", notes, writer, { body: `note ${index}` });
    const first = await gitlab.ask("GET", notes, writer);
    assert.deepEqual([first.json.length, first.json[0].body], [20, "note 44"]);
    const last = await gitlab.ask("GET", `${notes}?sort=asc&page=3`, writer);
    assert.deepEqual(
      last.json.map((one: { body: string }) => one.body),
      ["note 40", "note 41", "note 42", "note 43", "note 44"],
    );
    const named = ["x-page", "x-per-page", "x-next-page", "x-prev-page", "x-total", "x-total-pages"];
    assert.deepEqual(
      named.map((name) => last.headers.get(name)),
      ["3", "20", "", "2", "45", "3"],
    );
    assert.match(first.headers.get("link")!, /<http:\/\/127\.0\.0\.1:\d+\/[^>]+page=2[^>]*>; rel="next"/);
    assert.equal((await gitlab.ask("GET", `${notes}?per_page=500`, writer)).headers.get("x-per-page"), "100");
    const wrong = await gitlab.ask("GET", `${notes}?page=x`, writer);
    assert.deepEqual([wrong.status, wrong.json], [400, { error: "page is invalid" }]);
  });

  it("refuses tokens in GitLab's words", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const job = ensureCiToken(gitlab.dir, gitlab.project).token;
    const cases: [Record<string, string>, string, number, RegExp][] = [
      [{}, "GET", 401, /^{"message":"401 Unauthorized"}$/],
      [{ "private-token": "wrong" }, "GET", 401, /401 Unauthorized/],
      [
        { "private-token": gitlab.token("old", { expiresAt: today }) },
        "GET",
        401,
        /"invalid_token".*Token is expired/,
      ],
      [{ "private-token": gitlab.token("revoked", { revoked: true }) }, "GET", 401, /Token was revoked/],
      [{ "private-token": gitlab.token("reader", { scopes: ["read_api"] }) }, "GET", 200, /^\[/],
      [{ "private-token": gitlab.token("reader") }, "POST", 403, /"insufficient_scope".*"scope":"api"/],
      [
        { "private-token": gitlab.token("images", { scopes: ["read_registry"] }) },
        "GET",
        403,
        /insufficient_scope/,
      ],
      [
        { "private-token": gitlab.token("guest", { accessLevel: 10 }) },
        "POST",
        403,
        /^{"message":"403 Forbidden"}$/,
      ],
      [{ "job-token": job }, "GET", 200, /^\[/],
      [{ "job-token": job }, "POST", 401, /401 Unauthorized/],
      [{ "private-token": job }, "GET", 401, /401 Unauthorized/],
    ];
    for (const [headers, method, status, words] of cases) {
      const body = method === "POST" ? { body: "text" } : undefined;
      const answer = await gitlab.ask(method, `/merge_requests/${iid}/notes`, headers, body);
      assert.equal(answer.status, status, `${method} ${JSON.stringify(headers)}: ${answer.text}`);
      assert.match(answer.text, words);
    }
  });

  it("lets nobody but its author and maintainers change a note", async () => {
    const { id } = (await note("mine")).json;
    const path = `/merge_requests/${iid}/notes/${id}`;
    const other = { "private-token": gitlab.token("other") };
    const maintainer = { "private-token": gitlab.token("maintainer", { accessLevel: 40 }) };
    for (const method of ["PUT", "DELETE"]) {
      assert.equal((await gitlab.ask(method, path, other, { body: "theirs" })).status, 403);
    }
    assert.equal((await gitlab.ask("PUT", path, maintainer, { body: "moderated" })).status, 200);
  });

  it("hides projects of others, and what isn't there", async () => {
    for (const [path, words] of [
      ["/api/v4/projects/team%2Fother/issues", "404 Project Not Found"],
      ["/api/v4/projects/4711/issues", "404 Project Not Found"],
      ["/api/v4/projects/%E0/issues", "404 Project Not Found"],
      ["/merge_requests/99/notes", "404 Not found"],
      ["/issues/99", "404 Issue Not Found"],
    ] as const) {
      const { status, json } = await gitlab.ask("GET", path, writer);
      assert.deepEqual([status, json], [404, { message: words }], path);
    }
  });

  it("refuses notes that are empty, too long or no text, and bodies that are no JSON", async () => {
    assert.equal((await note("é".repeat(1_000_000))).status, 201);
    const long = await note("é".repeat(1_000_001));
    assert.deepEqual(
      [long.status, long.json.message],
      [400, '400 Bad request - Note {:note=>["is too long (maximum is 1000000 characters)"]}'],
    );
    assert.match((await note(" \n")).text, /can't be blank/);
    const missing = await gitlab.ask("POST", `/merge_requests/${iid}/notes`, writer, {});
    assert.deepEqual(missing.json, { error: "body is missing" });
    const url = `${gitlab.url}/api/v4/projects/team%2Fblog/merge_requests/${iid}/notes`;
    const send = (type: string, body: string) =>
      fetch(url, { method: "POST", headers: { ...writer, "content-type": type }, body });
    assert.equal((await send("application/json", "{")).status, 400);
    assert.equal((await send("text/plain", "body=x")).status, 415);
    assert.equal((await send("application/x-www-form-urlencoded", "body=x")).status, 201);
  });

  it("opens, finds, changes and closes issues, and talks about them", async () => {
    const drift = { title: "Drift in prod", description: "web differs", labels: "berth,drift" };
    const { json } = await gitlab.ask("POST", "/issues", writer, drift);
    assert.deepEqual([json.state, json.labels, json.closed_at], ["opened", ["berth", "drift"], null]);
    const find = async (query: string) => (await gitlab.ask("GET", `/issues?${query}`, writer)).json.length;
    assert.deepEqual(
      [
        await find("state=opened&labels=drift"),
        await find("labels=drift,none"),
        await find("search=WEB"),
        await find("search=nothing"),
      ],
      [1, 0, 1, 0],
    );
    const path = `/issues/${json.iid}`;
    assert.equal(
      (await gitlab.ask("POST", `${path}/notes`, writer, { body: "still" })).json.noteable_type,
      "Issue",
    );
    const closed = await gitlab.ask("PUT", path, writer, {
      state_event: "close",
      add_labels: "done",
      remove_labels: "drift",
    });
    assert.deepEqual([closed.json.state, closed.json.labels], ["closed", ["berth", "done"]]);
    assert.equal(await find("state=opened"), 0);
    assert.equal((await gitlab.ask("PUT", path, writer, { state_event: "reopen" })).json.closed_at, null);
    assert.deepEqual((await gitlab.ask("PUT", path, writer, { state_event: "x" })).json, {
      error: "state_event does not have a valid value",
    });
  });

  it("moves and closes merge requests; the head is told to it, as there is no repository", async () => {
    const path = `/merge_requests/${await gitlab.mergeRequest()}`;
    const sha = "b".repeat(40);
    const closed = await gitlab.ask("PUT", path, writer, { sha, state_event: "close" });
    assert.deepEqual([closed.json.sha, closed.json.state], [sha, "closed"]);
    assert.deepEqual((await gitlab.ask("PUT", path, writer, { sha: "short" })).json, {
      error: "sha is invalid",
    });
  });

  it("says of the rest that it is the sandbox", async () => {
    for (const [method, path] of [
      ["GET", "/pipelines"],
      ["DELETE", "/issues/1"],
      ["GET", "/api/v4/groups"],
    ] as const) {
      const { status, text } = await gitlab.ask(method, path, writer);
      assert.equal(status, 501);
      assert.match(text, new RegExp(`sandbox, not a GitLab. It has no ${method} /api/v4`));
    }
    assert.match((await note("Please\n/close")).text, /sandbox.*quick actions/);
  });

  it("remembers over a restart, where only the owner reads it", async () => {
    const { id } = (await note("kept")).json;
    await gitlab.stopListening();
    await gitlab.listen();
    assert.equal((await gitlab.ask("GET", `/merge_requests/${iid}/notes/${id}`, writer)).json.body, "kept");
    assert.equal(statSync(join(gitlab.dir, "api.json")).mode & 0o777, 0o600);
  });
});

describe("the rate limit of the sandbox's GitLab", () => {
  it("answers 429 with Retry-After and GitLab's text, each token for itself", async () => {
    const gitlab = await new GitlabWeb().start({ rateLimit: { requests: 2, seconds: 30 } });
    const [one, two] = ["one", "two"].map((name) => ({ "private-token": gitlab.token(name) }));
    const ask = (headers: Record<string, string>) => gitlab.ask("GET", "/api/v4/user", headers);
    assert.equal((await ask(one!)).headers.get("ratelimit-remaining"), "1");
    assert.equal((await gitlab.ask("GET", "/issues/99", one!)).status, 404);
    const limited = await ask(one!);
    assert.deepEqual(
      [limited.status, limited.text, limited.headers.get("ratelimit-remaining")],
      [429, "Retry later\n", "0"],
    );
    const wait = Number(limited.headers.get("retry-after"));
    assert.ok(wait >= 1 && wait <= 30, String(wait));
    assert.equal((await ask(two!)).status, 200);
    await gitlab.stop();
  });
});
