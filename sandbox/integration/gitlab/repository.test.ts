import assert from "node:assert/strict";
import { GitlabWeb } from "../../../test/support/gitlab-web";
import { ensureCiToken } from "../../gitlab/access-tokens";

describe("the repository in the sandbox GitLab's API", () => {
  let gitlab: GitlabWeb;
  let maintainer: Record<string, string>;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    maintainer = { "private-token": gitlab.token("maintainer", { accessLevel: 40 }) };
  });

  after(() => gitlab.stop());

  const ask = (method: string, path: string, body?: object, headers = maintainer) =>
    gitlab.ask(method, `/repository${path}`, headers, body);
  const commit = (actions: object[], more: object = {}, headers = maintainer) =>
    ask("POST", "/commits", { branch: "main", commit_message: "Change", actions, ...more }, headers);
  const read = async (path: string, ref = "main") =>
    (await ask("GET", `/files/${encodeURIComponent(path)}?ref=${ref}`)).json;

  it("is empty at first; the first commit makes the default branch", async () => {
    const empty = await gitlab.ask("GET", "", maintainer);
    assert.deepEqual([empty.json.default_branch, empty.json.empty_repo], ["main", true]);
    assert.deepEqual((await ask("GET", "/branches")).json, []);
    const none = await ask("GET", "/files/a.txt?ref=main");
    assert.deepEqual([none.status, none.json], [404, { message: "404 Commit Not Found" }]);
    const made = await commit([{ action: "create", file_path: "dir/a.txt", content: "ä\n" }], {
      author_name: "Ann",
      author_email: "ann@example.com",
      commit_message: "First\n\nMore",
    });
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(
      [made.json.title, made.json.message, made.json.parent_ids, made.json.author_name],
      ["First", "First\n\nMore", [], "Ann"],
    );
    assert.deepEqual([made.json.author_email, made.json.committer_name], ["ann@example.com", "maintainer"]);
    const { json } = await ask("GET", "/branches/main");
    assert.deepEqual(
      [json.commit.id, json.default, json.protected, json.can_push],
      [made.json.id, true, true, true],
    );
    assert.deepEqual((await ask("GET", `/commits/${made.json.short_id}`)).json, made.json);
  });

  it("gives files with the last commit that changed them, as JSON, in headers and raw", async () => {
    const { last_commit_id: first } = await read("dir/a.txt");
    const bytes = Buffer.from([0, 255, 10]).toString("base64");
    await commit([{ action: "create", file_path: "b.bin", content: bytes, encoding: "base64" }]);
    const { last_commit_id, commit_id, content, size, file_name, blob_id } = await read("dir/a.txt");
    assert.equal(last_commit_id, first);
    assert.notEqual(commit_id, first);
    assert.deepEqual([Buffer.from(content, "base64").toString(), size, file_name], ["ä\n", 3, "a.txt"]);
    assert.match(blob_id, /^[0-9a-f]{40}$/);
    assert.equal((await read("b.bin", commit_id)).content, bytes);
    const head = await ask("HEAD", "/files/dir%2Fa.txt?ref=main");
    assert.equal(head.headers.get("x-gitlab-last-commit-id"), first);
    assert.equal((await ask("GET", "/files/dir%2Fa.txt/raw?ref=main")).text, "ä\n");
    const missing = await ask("GET", "/files/none?ref=main");
    assert.deepEqual([missing.status, missing.json], [404, { message: "404 File Not Found" }]);
  });

  it("refuses what would overwrite somebody's change, and what doesn't fit, and then changes nothing", async () => {
    const { last_commit_id: known } = await read("dir/a.txt");
    const update = { action: "update", file_path: "dir/a.txt", content: "two\n", last_commit_id: known };
    assert.equal((await commit([update])).status, 201);
    const moved = (await ask("GET", "/branches/main")).json.commit.id;
    const cases: [object, RegExp][] = [
      [update, /^{"message":"The file has changed since you started editing it: dir\/a\.txt"}$/],
      [{ ...update, action: "create" }, /A file with this name already exists/],
      [{ ...update, file_path: "none" }, /A file with this name doesn't exist/],
      [{ ...update, file_path: "../x" }, /Invalid file path/],
      [{ ...update, action: "rename" }, /action\] does not have a valid value/],
      [{ ...update, content: undefined, last_commit_id: moved }, /content is missing/],
    ];
    for (const [action, words] of cases) {
      const good = { action: "create", file_path: `${words}.txt`.replace(/\W/g, ""), content: "" };
      const { status, text } = await commit([good, action]);
      assert.equal(status, 400, text);
      assert.match(text, words);
    }
    const [branch] = [await commit([update], { branch: "none" })];
    assert.match(branch.text, /when you are on a branch/);
    assert.match((await commit([update], { branch: "a..b" })).text, /Branch name is invalid/);
    assert.equal((await ask("GET", "/branches/main")).json.commit.id, moved);
    const chmod = await commit([{ action: "chmod", file_path: "dir/a.txt", execute_filemode: true }]);
    assert.equal(chmod.status, 501);
  });

  it("loses none of many commits at once, of which one that knows an old file wins", async () => {
    const { last_commit_id } = await read("dir/a.txt");
    const same = (number: number) => ({
      action: "update",
      file_path: "dir/a.txt",
      content: `${number}\n`,
      last_commit_id,
    });
    const numbers = [...Array(6).keys()];
    const rivals = await Promise.all(numbers.map((number) => commit([same(number)])));
    assert.deepEqual(rivals.map(({ status }) => status).sort(), [201, 400, 400, 400, 400, 400]);
    const others = await Promise.all(
      numbers.map((number) => commit([{ action: "create", file_path: `many/${number}`, content: "" }])),
    );
    assert.ok(others.every(({ status }) => status === 201));
    for (const number of numbers) assert.equal((await read(`many/${number}`)).size, 0);
  });

  it("lets those commit who may push to the branch", async () => {
    const job = { "job-token": ensureCiToken(gitlab.dir, gitlab.project).token };
    const developer = { "private-token": gitlab.token("developer", { accessLevel: 30 }) };
    const reader = { "private-token": gitlab.token("reader", { scopes: ["read_api"] }) };
    const reporter = { "private-token": gitlab.token("reporter", { accessLevel: 20 }) };
    const action = { action: "create", file_path: "c.txt", content: "" };
    const refusals: [Record<string, string>, number, RegExp][] = [
      [job, 401, /401 Unauthorized/],
      [reader, 403, /insufficient_scope/],
      [reporter, 403, /^{"message":"403 Forbidden - You are not allowed to push into this branch"}$/],
      [developer, 403, /You are not allowed to push into this branch/],
    ];
    for (const [headers, status, words] of refusals) {
      const answer = await commit([action], {}, headers);
      assert.deepEqual([answer.status, words.test(answer.text)], [status, true], answer.text);
    }
    assert.equal((await ask("GET", "/branches/main", undefined, developer)).json.can_push, false);
    const protection = { name: "main", push_access_level: 30 };
    await gitlab.ask("DELETE", "/protected_branches/main", maintainer);
    await gitlab.ask("POST", "/protected_branches", maintainer, protection);
    assert.equal((await ask("GET", "/branches/main", undefined, developer)).json.can_push, true);
    assert.equal((await commit([action], {}, developer)).status, 201);
  });

  it("commits on top of another branch, and with force in place of what was there", async () => {
    const begin = { branch: "change", start_branch: "main" };
    const action = { action: "create", file_path: "change.txt", content: "1" };
    const head = async (name: string) => (await ask("GET", `/branches/${name}`)).json.commit;
    const main = (await head("main")).id;
    assert.deepEqual((await commit([action], begin)).json.parent_ids, [main]);
    const again = await commit([action], begin);
    assert.deepEqual(
      [again.status, again.json.message],
      [400, "A branch called 'change' already exists. Switch to that branch in order to make changes"],
    );
    const forced = await commit([{ ...action, content: "2" }], { ...begin, force: true });
    assert.deepEqual(forced.json.parent_ids, [main]);
    assert.equal((await head("change")).id, forced.json.id);
    assert.equal((await head("main")).id, main);
    assert.match(
      (await commit([action], { branch: "x", start_branch: "none" })).text,
      /when you are on a branch/,
    );
    const { last_commit_id } = await read("change.txt", "change");
    const update = { action: "update", file_path: "dir/a.txt", content: "x", last_commit_id };
    assert.equal((await commit([update], { ...begin, force: true })).status, 201);
  });

  it("lets an update pass whose last commit it doesn't know, as GitLab does", async () => {
    const update = {
      action: "update",
      file_path: "dir/a.txt",
      content: "unknown\n",
      last_commit_id: "0".repeat(40),
    };
    assert.equal((await commit([update])).status, 201);
  });

  it("makes line feeds of Windows line ends, as Gitaly does", async () => {
    const content = Buffer.from("a: 1\r\nb: 2\r\n").toString("base64");
    await commit([{ action: "create", file_path: "crlf.yaml", content, encoding: "base64" }]);
    assert.equal(Buffer.from((await read("crlf.yaml")).content, "base64").toString(), "a: 1\nb: 2\n");
  });

  it("lists merge requests by state and branches, and opens no second one of a branch", async () => {
    const wish = { title: "Change", source_branch: "change", target_branch: "main" };
    const { iid } = (await gitlab.ask("POST", "/merge_requests", maintainer, wish)).json;
    const twice = await gitlab.ask("POST", "/merge_requests", maintainer, wish);
    assert.deepEqual(
      [twice.status, twice.json],
      [409, { message: [`Another open merge request already exists for this source branch: !${iid}`] }],
    );
    const listed = async (query: string) =>
      (await gitlab.ask("GET", `/merge_requests?${query}`, maintainer)).json.map(
        (one: { iid: number }) => one.iid,
      );
    assert.deepEqual(await listed("state=opened&source_branch=change&target_branch=main"), [iid]);
    assert.deepEqual(await listed("state=opened&source_branch=none"), []);
    assert.deepEqual(await listed("target_branch=other"), []);
    await gitlab.ask("PUT", `/merge_requests/${iid}`, maintainer, { state_event: "close" });
    assert.deepEqual(await listed("state=opened&source_branch=change"), []);
    assert.equal((await gitlab.ask("POST", "/merge_requests", maintainer, wish)).status, 201);
  });

  it("gives a merge request the head of its branch, and knows its commits", async () => {
    const { id } = (await ask("GET", "/branches/main")).json.commit;
    const wish = { title: "Of main", source_branch: "main", target_branch: "release" };
    const { iid, sha } = (await gitlab.ask("POST", "/merge_requests", maintainer, wish)).json;
    assert.equal(sha, id);
    const next = await commit([{ action: "delete", file_path: "c.txt" }]);
    const request = await gitlab.ask("GET", `/merge_requests/${iid}`, maintainer);
    assert.equal(request.json.sha, next.json.id);
    const of = await ask("GET", `/commits/${id}/merge_requests`);
    assert.deepEqual([of.json.length, of.json[0].iid], [1, iid]);
  });
});
