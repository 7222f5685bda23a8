import assert from "node:assert/strict";
import type Docker from "dockerode";
import { containerArgs, oneOff } from "../../../components/deploy/container-spec";
import {
  asTheApp,
  plainVariables,
  secretEnvProgram,
  secretVariables,
  startWithSecrets,
} from "../../../components/deploy/secret-env/secret-env";
import { secretHider } from "../../../components/deploy/secret-text";
import { tarOf } from "../../../components/docker/tar";
import { appSchema } from "../../../components/settings/app-settings";

const PROGRAM = "/run/secrets/.secret-env";
const secrets = { URL: "postgres://", KEY: "k", TLS_FILE: "t" };
const app = appSchema.parse({
  port: 1,
  publish: 1,
  servers: ["web1"],
  env: { MODE: "fast" },
  secrets,
  secretEnv: ["URL", "KEY_FILE", "TLS_FILE"],
});

describe("secrets as variables", () => {
  it("are values by the program, and paths as any variable", () => {
    assert.deepEqual(secretVariables(app), ["URL", "TLS_FILE"]);
    assert.deepEqual(plainVariables(app), { MODE: "fast", KEY_FILE: "/run/secrets/KEY" });
    assert.deepEqual(plainVariables({ ...app, secretEnv: [] }), { MODE: "fast" });
  });

  it("come before what the image starts, whichever part of it the image has", () => {
    assert.deepEqual(startWithSecrets(["A", "B"], { Entrypoint: ["/entry", "x"], Cmd: ["serve"] }), {
      entrypoint: [PROGRAM, "A", "B", "--", "/entry", "x"],
      command: ["serve"],
    });
    assert.deepEqual(startWithSecrets(["A"], { Entrypoint: "/entry", Cmd: [] }), {
      entrypoint: [PROGRAM, "A", "--", "/entry"],
    });
    const bare = { Entrypoint: null, Cmd: ["sh", "-c", "run"] } as unknown as { Cmd: string[] };
    assert.deepEqual(startWithSecrets(["A"], bare), {
      entrypoint: [PROGRAM, "A", "--"],
      command: ["sh", "-c", "run"],
    });
  });

  it("are in the container that serves and in the release command's, neither of which is told a value", () => {
    const env = plainVariables(app);
    const start = { entrypoints: [PROGRAM, "URL", "--", "/entry"], command: ["serve"] };
    const place = { network: "n", mounts: [] };
    const serving = containerArgs({ ...app, env }, { image: "i", labels: [], ...place, start });
    assert.deepEqual(
      [serving.entrypoints, serving.command, serving.envs],
      [start.entrypoints, ["serve"], ["MODE=fast", "KEY_FILE=/run/secrets/KEY"]],
    );
    const once = oneOff({ ...app, env, entrypoint: start.entrypoints, ...place }, "i", ["migrate"]);
    assert.deepEqual([once.Entrypoint, once.Cmd], [start.entrypoints, ["migrate"]]);
    const worker = containerArgs(
      { ...app, env, command: ["work"] },
      { image: "i", labels: [], ...place, start },
    );
    assert.deepEqual([worker.entrypoints, worker.command], [start.entrypoints, ["work"]]);
    for (const made of [serving, worker, once]) assert.ok(!JSON.stringify(made).includes(secrets.URL));
    assert.ok(!("Entrypoint" in oneOff({ ...app, env, ...place }, "i", ["migrate"])), "else the image's own");
  });

  it("are before a command in a container that has them, and in no other one's way", () => {
    const entry = [PROGRAM, "URL", "--", "/entry", "--", "x"];
    assert.deepEqual(asTheApp(entry, ["sh", "-c", "ls"]), [PROGRAM, "URL", "--", "sh", "-c", "ls"]);
    for (const none of [undefined, null, "/entry", [], ["/entry", "--"]])
      assert.deepEqual(asTheApp(none, ["sh"]), ["sh"]);
  });

  it("have a program for amd64 and for arm64; another machine is refused by name", async () => {
    const machine = (Arch: string) => ({ version: async () => ({ Arch }) }) as unknown as Docker;
    const machineOf = (program: Buffer) => [program.toString("latin1", 1, 4), program.readUInt16LE(18)];
    assert.deepEqual(machineOf(await secretEnvProgram(machine("amd64"))), ["ELF", 62]);
    assert.deepEqual(machineOf(await secretEnvProgram(machine("arm64"))), ["ELF", 183]);
    await assert.rejects(secretEnvProgram(machine("riscv64")), {
      message:
        "secretEnv works on amd64 and arm64, and this Docker's machine is riscv64. " +
        "Next: let the app read its secrets' files, or take it to another server",
    });
  });

  it("hide nothing but secrets: the program beside them is none", async () => {
    const archive = await tarOf([
      { name: "secrets/", mode: 0o500 },
      { name: "secrets/URL", mode: 0o400, content: "postgres://secret" },
      { name: "secrets/.secret-env", mode: 0o500, content: "secret-env: out of memory" },
    ]);
    const container = { getArchive: async () => [archive] } as unknown as Docker.Container;
    const hide = await secretHider(container);
    assert.equal(hide!("postgres://secret secret-env: out of memory"), "[secret] secret-env: out of memory");
  });
});
