import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HUB, SERVE } from "../../../support/stack/page-hub";
import { run } from "../../../support/stack/sandbox";
import { nameOf, pageApp, type Stage, says } from "./stage";

/** An image that another job of the project has built, and one that is built here. Dev runs the page `three`. */
export function projectRegistry(stage: () => Stage): void {
  const withApps = (apps: string) => (text: string) =>
    text.replace("  berth:apps:\n", `  berth:apps:\n${apps}`);
  const own = (reference: string) => `image: "${stage().registry}/page${reference}"`;

  /** As that job would. @returns its digest */
  async function push(page: string, architectures?: readonly string[]): Promise<string> {
    const digest = await stage().hub.publish(page, { tag: page, ...(architectures && { architectures }) });
    const { CI_REGISTRY_USER: user, CI_REGISTRY_PASSWORD: password } = stage().login;
    const login = { BERTH_TARGET_USERNAME: user, BERTH_TARGET_PASSWORD: password };
    const target = `${stage().registry}/page:${page}`;
    const { code, stderr } = await stage().tried(["copy", `${HUB}/library/page@${digest}`, target], login);
    assert.equal(code, 0, stderr);
    return digest;
  }

  /** The working commit, with an app that is built. */
  async function commit(): Promise<void> {
    const { project } = stage();
    mkdirSync(join(project, "app"));
    const lines = ["ARG BASE_IMAGE", "FROM $BASE_IMAGE", "RUN mkdir /page && echo built >/page/index.html"];
    writeFileSync(join(project, "app", "Dockerfile"), [...lines, SERVE, ""].join("\n"));
    const who = ["-c", "user.name=test", "-c", "user.email=test@berth.invalid"];
    for (const words of [
      ["init", "--quiet"],
      ["add", "app"],
      [...who, "commit", "--quiet", "--message=app"],
    ])
      assert.equal((await run(["git", ...words], process.env, project)).code, 0);
  }

  it("of the project's own registry is refused by a tag, and where the registry doesn't have its digest", async () => {
    await stage().with(withApps(pageApp("job", own(":job"), 9092)), async () => {
      assert.match(await stage().refused("up", "dev"), /apps\.job\.image: .*give it by its digest/);
    });
    const gone = `@sha256:${"1".repeat(64)}`;
    await stage().with(withApps(pageApp("job", own(gone), 9092)), async () => {
      assert.match(await stage().refused("up", "dev"), /job: copy to Nexus:\n.*\n.*404/);
    });
    assert.deepEqual(await says(9090, 9091), ["three", "three"]);
  });

  it("of the project's own registry for another platform is refused by its server", async () => {
    const arm = await push("job-arm", ["arm64"]);
    await stage().with(withApps(pageApp("job", own(`@${arm}`), 9092)), async () => {
      assert.match(await stage().refused("up", "dev"), /linux\/amd64/);
    });
  });

  it("of the project's own registry runs by its digest, with a tag or without, beside one that is built", async () => {
    const job = await push("job");
    await commit();
    const built = "build: { context: app, base: library/python:3.11-slim }";
    stage().edit(
      withApps(
        pageApp("job", own(`@${job}`), 9092) +
          pageApp("named", own(`:job@${job}`), 9093) +
          pageApp("built", built, 9094),
      ),
    );
    await stage().berth("up", "dev");
    assert.deepEqual(await says(9092, 9093, 9094, 9090), ["job", "job", "built", "three"]);
    for (const [app, tag] of [
      ["job", "sha256"],
      ["named", "job"],
    ] as const) {
      const [runs] = await stage().releases("dev", app);
      assert.deepEqual([runs!.tag, runs!.digest], [nameOf(job, tag), job]);
    }
    const { stdout } = await stage().berth("preview", "dev", "--json");
    assert.deepEqual(JSON.parse(stdout).changes, {});
  });
}
