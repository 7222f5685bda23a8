import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uncheckedApps } from "../../../../automation/change/unchecked-apps";
import { parseSettings } from "../../../../components/settings/settings";
import { scriptedDocker } from "../../../support/docker/scripted-docker";
import { stackStateOf } from "../../../support/stack/stack-state";

describe("what a preview says of apps without a health check", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-unchecked-"));
  after(() => rmSync(folder, { recursive: true }));

  /** @param Test of the container's health check; undefined: the app has no container yet */
  async function said(app: object, Test?: string[] | []): Promise<string[]> {
    const Labels = { "berth.resource": "blog-main-container", "berth.app": "blog" };
    const running = {
      Id: "c",
      Names: ["/c"],
      Image: "i",
      State: "running",
      Status: "Up",
      Ports: [],
      Created: 1,
      Labels,
    };
    const docker = await scriptedDocker({
      state: () => ({ Running: true }),
      exec: () => ({ exitCode: 1, output: "" }),
      containers: Test ? [running] : [],
      inspection: { Config: Test?.length ? { Healthcheck: { Test } } : {} },
    });
    const settings = parseSettings({
      nexus: { hostname: "n", eula: "accepted", docker: docker.address },
      gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
      servers: { main: { docker: docker.address, address: "a" } },
      apps: { blog: { port: 8000, publish: 80, servers: ["main"], ...app } },
    });
    const lines = await uncheckedApps(stackStateOf("1", { id: "c" }), settings);
    docker.close();
    return lines;
  }

  const release = { tag: "v1", digest: `sha256:${"1".repeat(64)}` };

  /** An app that is built from this Dockerfile. */
  function built(dockerfile: string) {
    writeFileSync(join(folder, "Dockerfile"), dockerfile);
    return { build: { context: folder, base: "library/python:3.11-slim" } };
  }

  it("is a line where what runs has none: how traffic will move, and what would be better", async () => {
    const line =
      "blog: no health check in its settings, nor has its image: traffic moves once port 8000 has taken connections for 5 s. " +
      "Better: berth:apps.blog.health, or HEALTHCHECK in its Dockerfile.";
    assert.deepEqual(await said({ release }, []), [line]);
    assert.deepEqual(await said({ release }, ["NONE"]), [line]);
    assert.deepEqual(await said(built("FROM x\nHEALTHCHECK NONE\n"), []), [line]);
  });

  it("is the same with an if where nothing runs yet", async () => {
    assert.match(
      (await said({ release }))[0]!,
      /^blog: no health check in its settings, and where its image has none: traffic/,
    );
    assert.equal((await said(built("FROM x\nCMD serve\n"))).length, 1);
  });

  it("is nothing where there is one: in the settings, the Dockerfile, or the image that runs", async () => {
    assert.deepEqual(await said({ release, health: { path: "/up" } }, []), []);
    assert.deepEqual(await said({ release, health: "none" }, []), [], "somebody has decided so");
    assert.deepEqual(await said(built("FROM x\nhealthcheck --interval=2s CMD check\n"), []), []);
    assert.deepEqual(await said({ release }, ["CMD", "check"]), []);
  });
});
