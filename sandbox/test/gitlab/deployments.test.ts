import assert from "node:assert/strict";
import { GitlabWeb } from "../../../test/support/gitlab-web";
import { ensureCiToken } from "../../gitlab/access-tokens";
import { slugOf } from "../../gitlab/api/environments";

const sha = "c".repeat(40);

describe("environments and deployments of the sandbox's GitLab", () => {
  let gitlab: GitlabWeb;
  let writer: Record<string, string>;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    writer = { "private-token": gitlab.token("writer") };
  });

  after(() => gitlab.stop());

  const deploy = (wish: object, headers = writer) =>
    gitlab.ask("POST", "/deployments", headers, { sha, ref: "main", tag: false, status: "running", ...wish });

  it("makes, finds, changes, stops and deletes environments", async () => {
    const wish = { name: "review/One", external_url: "https://one.example.com" };
    const { status, json } = await gitlab.ask("POST", "/environments", writer, wish);
    assert.deepEqual(
      [status, json.slug, json.tier, json.state],
      [201, slugOf("review/One"), "development", "available"],
    );
    assert.match(json.slug, /^review-one-[a-z0-9]{6}$/);
    const path = `/environments/${json.id}`;
    const find = async (query: string) =>
      (await gitlab.ask("GET", `/environments?${query}`, writer)).json.map(
        ({ name }: { name: string }) => name,
      );
    assert.deepEqual(await find("search=REVIEW&states=available"), ["review/One"]);
    assert.deepEqual(await find("name=review"), []);
    const changed = await gitlab.ask("PUT", path, writer, { external_url: "", tier: "testing" });
    assert.deepEqual([changed.json.external_url, changed.json.tier], [null, "testing"]);
    assert.equal((await gitlab.ask("DELETE", path, writer)).status, 403, "it is not stopped");
    assert.equal((await gitlab.ask("POST", `${path}/stop`, writer)).json.state, "stopped");
    assert.equal((await gitlab.ask("DELETE", path, writer)).status, 204);
    assert.equal((await gitlab.ask("GET", path, writer)).status, 404);
  });

  it("makes the environment of a deployment, once, and tells its last one", async () => {
    const first = (await deploy({ environment: "prod" })).json;
    assert.deepEqual(
      [first.status, first.environment.name, first.environment.tier],
      ["running", "prod", "production"],
    );
    const second = (await deploy({ environment: "prod" })).json;
    assert.equal(second.environment.id, first.environment.id);
    await gitlab.ask("PUT", `/deployments/${first.id}`, writer, { status: "failed" });
    const ended = await gitlab.ask("PUT", `/deployments/${second.id}`, writer, { status: "success" });
    assert.equal(ended.json.status, "success");
    const { json } = await gitlab.ask("GET", `/environments/${first.environment.id}`, writer);
    assert.equal(json.last_deployment.id, second.id);
    const failed = await gitlab.ask("GET", "/deployments?environment=prod&status=failed", writer);
    assert.deepEqual(
      failed.json.map(({ id }: { id: number }) => id),
      [first.id],
    );
    const newest = await gitlab.ask(
      "GET",
      "/deployments?order_by=created_at&sort=desc&environment=prod",
      writer,
    );
    assert.equal(newest.json[0].id, second.id);
  });

  it("refuses in GitLab's words", async () => {
    const { id } = (await deploy({ environment: "ended", status: "success" })).json;
    for (const [method, path, body, status, words] of [
      ["PUT", `/deployments/${id}`, { status: "running" }, 400, /cannot transition via \\"run\\"/],
      ["PUT", `/deployments/${id}`, { status: "done" }, 400, /status does not have a valid value/],
      ["POST", "/deployments", { environment: "x", sha: "short", ref: "r", tag: false, status: "failed" }],
      ["POST", "/deployments", { environment: "x" }, 400, /sha is missing/],
      ["POST", "/environments", { name: "/x" }, 400, /"name":\["can contain only letters/],
      ["POST", "/environments", { name: "ended" }, 400, /"name":\["has already been taken"\]/],
      ["POST", "/environments", { name: "url", external_url: "ftp://x" }, 400, /Only allowed schemes/],
      ["POST", "/environments", { name: "tier", tier: "x" }, 400, /tier does not have a valid value/],
      ["GET", "/environments?name=a&search=abc", undefined, 400, /cannot be used together/],
      ["GET", "/environments?search=ab", undefined, 400, /less than 3 characters/],
      ["GET", "/deployments/4711", undefined, 404, /404 Not found/],
    ] as const) {
      const answer = await gitlab.ask(method, path, writer, body);
      assert.equal(answer.status, status ?? 400, `${method} ${path}: ${answer.text}`);
      assert.match(answer.text, words ?? /The commit does not exist/);
    }
  });

  it("lets a job's own token tell, and nobody who only reads", async () => {
    const job = { "job-token": ensureCiToken(gitlab.dir, gitlab.project).token };
    assert.equal((await deploy({ environment: "job" }, job)).status, 201);
    const [reader, reporter] = [
      gitlab.token("reader", { scopes: ["read_api"] }),
      gitlab.token("reporter", { accessLevel: 20 }),
    ];
    for (const token of [reader, reporter]) {
      const headers = { "private-token": token };
      assert.equal((await deploy({ environment: "job" }, headers)).status, 403);
      assert.equal((await gitlab.ask("GET", "/deployments", headers)).status, 200);
    }
  });

  it("finds the merge requests that a commit came from, by its heads and by what merged it", async () => {
    const [one, two] = [await gitlab.mergeRequest("1".repeat(40)), await gitlab.mergeRequest("2".repeat(40))];
    await gitlab.ask("PUT", `/merge_requests/${two}`, writer, { sha: "3".repeat(40) });
    const merge = { merge_commit_sha: "4".repeat(40) };
    assert.equal(
      (await gitlab.ask("PUT", `/merge_requests/${two}/merge`, writer, merge)).json.state,
      "merged",
    );
    assert.equal((await gitlab.ask("PUT", `/merge_requests/${two}/merge`, writer, merge)).status, 405);
    const of = async (digit: string) =>
      (await gitlab.ask("GET", `/repository/commits/${digit.repeat(40)}/merge_requests`, writer)).json.map(
        ({ iid }: { iid: number }) => iid,
      );
    assert.deepEqual(await Promise.all(["1", "2", "3", "4", "5"].map(of)), [[one], [two], [two], [two], []]);
  });
});
