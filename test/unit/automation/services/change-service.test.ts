import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stackSecretsKnown } from "../../../../automation/change/secrets/known-settings";
import { changeService } from "../../../../automation/services/change-service";
import type { Service } from "../../../../automation/services/service";
import { healthOf } from "../../../../automation/services/service-health";
import { StackFile } from "../../../../automation/stack-file/stack-file";
import { knownSecrets } from "../../../../automation/terminal/known-secrets";
import { tarOf } from "../../../../components/docker/tar";
import { parseSettings } from "../../../../components/settings/settings";
import { withVariables } from "../../../support/docker/other-docker";
import { type DockerScript, scriptedDocker } from "../../../support/docker/scripted-docker";

const unhealthy = () => ({
  Running: true,
  Health: { Status: "unhealthy", Log: [{ Output: "no login with t0ken-of-app" }] },
});
const LOG = "connecting with t0ken-of-app\nadmin has s3cret-of-settings and g3nerated-one\n";

async function failureOf(script: Partial<DockerScript>, over: object = {}): Promise<string> {
  const docker = await scriptedDocker({
    state: unhealthy,
    exec: () => ({ exitCode: 1, output: "" }),
    ...script,
  });
  const args = {
    verb: "restart",
    service: "blog",
    docker: docker.address,
    container: "c",
    healthTimeout: 5,
    secrets: { stack: "prod", known: async () => undefined },
  } as const;
  try {
    await changeService({ ...args, ...over });
    return "no failure";
  } catch (error) {
    return (error as Error).message;
  } finally {
    docker.close();
  }
}

const secretFile = (content: string) =>
  tarOf([{ name: "secrets/TOKEN", content, mode: 0o400, uid: 1, gid: 1 }]);

describe("a service that doesn't get healthy after a restart", () => {
  it("is told in the words of a deployment, with its reason and its log", async () => {
    const state = () => ({ Running: false, ExitCode: 1 });
    assert.equal(
      await failureOf({ state, logs: "exec /app: exec format error\n" }),
      [
        "blog: after the restart it stopped with exit code 1. It is left as it is.",
        "Its program is for another kind of machine, or it is a script whose first line names no program (#!/bin/sh).",
        "Its health check last said: nothing",
        "Its last log lines:",
        "exec /app: exec format error",
      ].join("\n"),
    );
  });

  it("is told without the values of its secret files", async () => {
    const said = await failureOf({ logs: LOG, secrets: await secretFile("t0ken-of-app\n") });
    assert.match(said, /^Its health check last said: no login with \[secret\]$/m);
    assert.match(said, /^connecting with \[secret\]$/m);
    assert.ok(!said.includes("t0ken-of-app"));
  });

  it("is told only once the stack's secrets are known, and without its words where they can't be", async () => {
    let asked = 0;
    const known = async () => {
      asked += 1;
      return undefined;
    };
    assert.match(
      await failureOf({ logs: LOG }, { secrets: { stack: "prod", known } }),
      /Its last log lines:/,
    );
    assert.equal(asked, 1);
    const secrets = { stack: "prod", known: async () => "incorrect passphrase" };
    const said = await failureOf({ logs: LOG }, { secrets });
    assert.match(said, /not shown: .* could not be read to leave them out \(incorrect passphrase\)\. Next: /);
    // What `berth logs` says and does with and without a passphrase: logs.test.ts.
    assert.match(
      said,
      /PULUMI_CONFIG_PASSPHRASE.*, then berth logs blog --stack prod; or .* --show-secrets, /,
    );
    for (const word of ["t0ken", "s3cret", "connecting"]) assert.ok(!said.includes(word), word);
  });

  it("is waited for by what the settings say, asked from the edge of its server", () => {
    const release = { tag: "v1", digest: `sha256:${"1".repeat(64)}` };
    const settings = parseSettings({
      nexus: { hostname: "n", eula: "accepted" },
      gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
      servers: {
        web1: { docker: "unix:///one", address: "one.test" },
        web2: {
          docker: "unix:///two",
          address: "two.test",
          tls: { certificates: "own", names: { blog: ["blog.test", "www.blog.test"] } },
        },
      },
      apps: {
        blog: {
          release,
          port: 8000,
          publish: 80,
          servers: ["web1", "web2"],
          health: { path: "/up" },
          healthTimeout: 300,
        },
      },
    });
    const there = (name: string, state = "running") => ({
      name,
      docker: name.startsWith("web1") ? "unix:///one" : "unix:///two",
      server: name.slice(0, 4),
      state,
      idle: [],
      ...(name.includes("/") && { app: "blog" }),
      container: { id: `id of ${name}`, name: `container of ${name}` },
    });
    const all = ["web1-edge", "web1/blog", "web2-edge", "web2/blog"].map((name) =>
      there(name),
    ) as unknown as Service[];
    const [, one, , two] = all.map((service) => healthOf(service, all, settings));
    const names = (wish: typeof one) => {
      const { edge, container, port, host, scheme } = wish!.health!.asked!;
      return [edge.id, container, port, host, scheme];
    };
    assert.deepEqual([one!.healthTimeout, one!.health!.check], [300, { path: "/up", timeout: 5, start: 0 }]);
    assert.deepEqual(names(one), ["id of web1-edge", "container of web1/blog", 8000, "one.test", "http"]);
    assert.deepEqual(names(two), ["id of web2-edge", "container of web2/blog", 8000, "blog.test", "https"]);
    assert.deepEqual(healthOf(all[0]!, all, settings), {}, "an edge has nothing of its own");
    const stopped = [there("web1-edge", "stopped"), all[1]] as unknown as Service[];
    assert.equal(healthOf(all[1]!, stopped, settings).health!.asked, undefined, "nobody is there to ask");
  });
});

describe("the secrets of a stack", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-known-"));
  after(() => rmSync(folder, { recursive: true }));

  /** In place of the engine. */
  function engine(script: string): Record<string, string> {
    writeFileSync(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "pulumi"), 0o755);
    return { PATH: `${folder}${delimiter}${process.env["PATH"]}` };
  }

  function stackFile(): StackFile {
    writeFileSync(join(folder, "Pulumi.yaml"), "name: berth\nruntime: nodejs\n");
    const text =
      "config:\n  berth:nexus:\n    hostname: n\n    eula: accepted\n    adminPassword:\n      secure: v1:abc\n";
    writeFileSync(join(folder, "Pulumi.known.yaml"), text);
    return new StackFile("known", folder);
  }

  it("are known by the engine: those of the settings, and those that were generated", async () => {
    const nexus = JSON.stringify({ hostname: "n", eula: "accepted", adminPassword: "s3cret-of-settings" });
    const mark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
    const result = { ...mark, plaintext: JSON.stringify("g3nerated-one") };
    const answers = {
      config: { "berth:nexus": { value: nexus } },
      stack: { deployment: { resources: [{ inputs: {}, outputs: { result } }] } },
    };
    for (const [name, answer] of Object.entries(answers))
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(answer));
    const problem = await withVariables(engine(`cat ${folder}/$1.json`), () =>
      stackSecretsKnown({ name: "known", file: stackFile() }),
    );
    assert.equal(problem, undefined);
    assert.equal(knownSecrets.scrub(LOG.split("\n")[1]!), "admin has *** and ***");
  });

  it("can't be known where the engine can't open them: why is told", async () => {
    const problem = await withVariables(engine("echo 'error: incorrect passphrase' >&2; exit 1"), () =>
      stackSecretsKnown({ name: "known", file: stackFile() }),
    );
    assert.match(problem!, /incorrect passphrase/);
  });
});
