import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { sshStandIn } from "../../../../automation/stack/ssh-stand-in";

const root = join(__dirname, "..", "..", "..", "..");

describe("the stand-in for an ssh agent", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-stand-in-"));
  after(() => rmSync(folder, { recursive: true }));

  it("is a socket that nobody answers on, where there is no agent", async () => {
    const { SSH_AUTH_SOCK: socket } = await sshStandIn({ SSH_AUTH_SOCK: join(folder, "gone") });
    assert.ok(statSync(socket!).isSocket());
    await new Promise<void>((resolve) => createConnection(socket!).on("close", () => resolve()));
  });

  it("is none where there is an agent", async () => {
    const agent = createServer();
    const socket = join(folder, "agent");
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
    assert.deepEqual(await sshStandIn({ SSH_AUTH_SOCK: socket }), {});
    agent.close();
  });

  it("is what the engine of a stack with build.ssh gets, for as long as berth runs, and no other engine", () => {
    const withAgent = engineOf({ ssh: true });
    assert.match(withAgent, /berth-no-agent/);
    assert.ok(!existsSync(dirname(withAgent)), "it is gone");
    assert.equal(engineOf({}), "none");
  });

  it("comes with who builds, which the engine's plugins don't see by its own name", () => {
    const job = { DOCKER_HOST: "tcp://docker:2375" };
    const noted = (build: object) => {
      engineOf(build, job);
      return readFileSync(join(folder, "environment"), "utf8").split("\n");
    };
    const secrets = { TOKEN: "x" };
    for (const build of [{ ssh: true }, { secrets }])
      assert.deepEqual(noted(build), ["BERTH_BUILDER_HOST=tcp://docker:2375", "DOCKER_HOST=", ""]);
    assert.deepEqual(noted({}), ["DOCKER_HOST=", ""]);
  });

  /** What the engine of `berth refresh` finds as SSH_AUTH_SOCK: a socket's path, or `none`. */
  function engineOf(build: object, variables: Record<string, string> = {}): string {
    const project = mkdtempSync(join(folder, "project-"));
    const app = { build: { context: ".", ...build }, port: 1, publish: 1, servers: ["main"] };
    const config = {
      "berth:nexus": { hostname: "nexus.test", eula: "accepted" },
      "berth:gitlab": { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/blog" },
      "berth:servers": { main: { docker: "ssh://main.test", address: "main.test" } },
      "berth:apps": { blog: app },
    };
    writeFileSync(join(project, "Pulumi.yaml"), "name: blog\nruntime: nodejs\n");
    writeFileSync(join(project, "Pulumi.dev.yaml"), JSON.stringify({ config }));
    const cli = join(project, "pulumi");
    // In place of the engine: notes whether the socket of its environment is one.
    const noted = `if [ -S "$SSH_AUTH_SOCK" ]; then echo "$SSH_AUTH_SOCK"; else echo none; fi > ${project}/noted; env | grep -E "^(BERTH_BUILDER_|DOCKER_HOST)" | sort > ${folder}/environment`;
    writeFileSync(
      cli,
      `#!/bin/sh\n[ "$1" = version ] && echo v3.999.0\n[ "$2" = export ] && echo '{"deployment":null}'\n[ "$1" = refresh ] && { ${noted}; }\nexit 0\n`,
    );
    chmodSync(cli, 0o755);
    const { SSH_AUTH_SOCK: _, ...env } = process.env;
    const PATH = `${project}${delimiter}${process.env["PATH"]}`;
    const berth = join(root, "automation", "berth.cjs");
    const ran = spawnSync(process.execPath, [berth, "refresh", "dev"], {
      cwd: project,
      env: { ...env, ...variables, PATH },
      encoding: "utf8",
    });
    assert.ok(existsSync(join(project, "noted")), ran.stdout + ran.stderr);
    return readFileSync(join(project, "noted"), "utf8").trim();
  }
});
