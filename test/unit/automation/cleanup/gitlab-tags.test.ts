import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { carryOut, planCleanup } from "../../../../automation/cleanup/cleanup";
import { cleanupText } from "../../../../automation/cleanup/cleanup-text";
import { GitlabTags } from "../../../../automation/cleanup/gitlab-tags";
import { GitlabClient } from "../../../../components/gitlab/api/gitlab-client";
import { ensureCiToken } from "../../../../sandbox/gitlab/access-tokens";
import { GitlabWeb } from "../../../support/gitlab-web";

describe("an app's tags in GitLab's registry", () => {
  let gitlab: GitlabWeb;

  beforeEach(async () => {
    gitlab = await new GitlabWeb().start();
  });

  afterEach(() => gitlab.stop());

  const storage = (...path: string[]) => join(gitlab.dir, "registry", "docker", "registry", "v2", ...path);

  /** As a push leaves it in the registry's storage; gives the digest. */
  function push(app: string, tag: string, size: number): string {
    const manifest = JSON.stringify({ config: { size: 1 }, layers: [{ size }, { size: 10 }] });
    const hex = createHash("sha256").update(manifest).digest("hex");
    const write = (folder: string, name: string, text: string) => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, name), text);
    };
    write(storage("blobs", "sha256", hex.slice(0, 2), hex), "data", manifest);
    write(join(tagFolder(app, tag), "current"), "link", `sha256:${hex}`);
    return `sha256:${hex}`;
  }

  const tagFolder = (app: string, tag: string) =>
    storage("repositories", "team", "blog", app, "_manifests", "tags", tag);

  function tags(app = "web", token = gitlab.token("berth", { accessLevel: 30 })) {
    const args = { api: `${gitlab.url}/api/v4`, token, tokenName: "BERTH_GITLAB_TOKEN", retryDelay: 1 };
    return new GitlabTags(new GitlabClient(args), { registry: "r:5050", project: gitlab.project, app });
  }

  it("are listed page by page, looked at and deleted, each alone", async () => {
    const digests = Array.from({ length: 130 }, (_, index) => push("web", `t${index}`, index));
    push("other", "t0", 5);
    const store = tags();
    assert.equal((await store.names()).length, 130);
    assert.deepEqual(await store.look("t7"), { digest: digests[7], bytes: 18 });
    await store.remove("t7");
    assert.equal(await store.look("t7"), undefined);
    assert.equal((await store.names()).length, 129);
    assert.ok(existsSync(tagFolder("other", "t0")) && existsSync(tagFolder("web", "t8")));
    assert.deepEqual(await tags("never-pushed").names(), []);
  });

  it("are refused with what to do", async () => {
    push("web", "one", 1);
    const reporter = gitlab.token("reporter", { accessLevel: 20 });
    await assert.rejects(
      tags("web", reporter).remove("one"),
      /delete r:5050\/team\/blog\/web:one .*403.*needs the role Developer or higher/,
    );
    const job = { "job-token": ensureCiToken(gitlab.dir, gitlab.project).token };
    const [{ id }] = (await gitlab.ask("GET", "/registry/repositories", job)).json;
    assert.equal((await gitlab.ask("GET", `/registry/repositories/${id}/tags/two`, job)).status, 404);
    assert.equal((await gitlab.ask("GET", "/registry/repositories/4711/tags", job)).status, 404);
    assert.equal((await gitlab.ask("DELETE", `/registry/repositories/${id}/tags/one`, job)).status, 200);
  });

  it("go where a plan says so, unless one has been moved since", async () => {
    const [one, two] = [push("web", "one", 1000), push("web", "two", 2000)];
    push("web", "mine", 3000);
    const told = (tag: string, digest: string) => ({
      app: "web",
      tag,
      digest,
      when: "2026-01-01T00:00:00Z",
      result: "succeeded" as const,
    });
    const deployments = [told("three", "sha256:3"), told("two", two), told("one", one)];
    const pasts = [{ stack: "dev", app: "web", deployments, way: ["three"], running: ["sha256:3"] }];
    const plan = await planCleanup(tags(), "web", pasts, { keep: 1, before: new Date() });
    assert.equal(
      cleanupText([plan], true),
      [
        "GitLab, r:5050/team/blog/web: 2 tags would be deleted, 3.0 kB with layers that others share",
        `  one ${one} 1.0 kB`,
        `  two ${two} 2.0 kB`,
        "  1 tag left, no release of a stack: mine",
        "",
        "Nothing is deleted yet.",
      ].join("\n"),
    );
    push("web", "mine", 1000);
    const shared = await planCleanup(tags(), "web", pasts, { keep: 1, before: new Date() });
    assert.deepEqual(
      [shared.remove.map(({ tag }) => tag), shared.kept],
      [["two"], [{ tag: "one", why: "the tag mine has its digest" }]],
    );
    push("web", "two", 4000);
    const done = await carryOut(plan);
    assert.deepEqual(
      [done.remove.map(({ tag }) => tag), done.kept],
      [["one"], [{ tag: "two", why: "somebody has moved or deleted it meanwhile" }]],
    );
    assert.deepEqual(await tags().names(), ["mine", "two"]);
  });
});
