import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Finding } from "../../../../automation/doctor/finding";
import { scriptedDocker } from "../../../support/docker/scripted-docker";

const berth = join(__dirname, "..", "..", "..", "..", "automation", "berth.cjs");

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("berth doctor", () => {
  let folder: string;
  let docker: Awaited<ReturnType<typeof scriptedDocker>>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "berth-doctor-"));
    chmodSync(folder, 0o755); // for another user
    for (const name of ["bin", "empty", "half", "states"]) mkdirSync(join(folder, name));
    const version = { Version: "20.10.24", ApiVersion: "1.41", Os: "linux", Arch: "amd64" };
    docker = await scriptedDocker({
      state: () => undefined,
      exec: () => ({ exitCode: 1, output: "" }),
      version,
    });
    program("pulumi", [
      'case "$*" in',
      "version) echo v3.274.1;;",
      "plugin*) echo '[]';;",
      `whoami*) echo '{"user":"me","url":"file://${folder}/states"}';;`,
      "stack*) echo \"error: no stack named 'dev' found\" >&2; exit 255;;",
      '*) echo "not in the script: $*" >&2; exit 1;;',
      "esac",
    ]);
    writeFileSync(join(folder, "half", "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
    writeFileSync(
      join(folder, "half", "Pulumi.dev.yaml"),
      "config:\n  berth:servers:\n    web1: { docker: unix:///nowhere/web1.sock, address: 127.0.0.1 }\n  berth:apps: {}\n",
    );
  });
  after(() => {
    docker.close();
    rmSync(folder, { recursive: true });
  });

  function program(name: string, lines: readonly string[]): void {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${lines.join("\n")}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }

  interface Where {
    readonly cwd?: string;
    readonly path?: string;
    readonly more?: NodeJS.ProcessEnv;
    readonly uid?: number;
  }

  /** In an environment that has nothing but this. */
  function run(args: readonly string[], { cwd = "empty", path, more, uid }: Where = {}): Promise<Ran> {
    const PATH =
      path ?? [join(folder, "bin"), ...(process.env["PATH"] ?? "").split(delimiter)].join(delimiter);
    const env = { PATH, HOME: folder, DOCKER_HOST: docker.address, ...more };
    const options = { cwd: join(folder, cwd), env, ...(uid !== undefined && { uid, gid: uid }) };
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [berth, "doctor", ...args],
        options,
        (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
  }

  function findingsOf({ stdout, stderr }: Ran): Record<string, Finding> {
    assert.equal(stderr, "");
    const { findings }: { findings: Finding[] } = JSON.parse(stdout);
    return Object.fromEntries(findings.map((one) => [one.what, one]));
  }

  it("says with nothing configured and nothing installed what is missing, each with what to paste, and exits 1", async () => {
    const bare = { path: "/nonexistent", more: { DOCKER_HOST: "unix:///nowhere/docker.sock" } };
    const ran = await run(["--json"], bare);
    assert.equal(ran.code, 1);
    const found = findingsOf(ran);
    const states = Object.values(found).map(({ what, state }) => `${what} ${state}`);
    assert.deepEqual(
      states.filter((one) => !one.startsWith("Docker of builder:")),
      [
        "Node ok",
        "temporary folder ok",
        "git fail",
        "Pulumi CLI fail",
        "Pulumi's folder ok",
        "plugins warn",
        "settings warn",
        "state backend warn",
        "Docker of builder fail",
      ],
    );
    for (const one of Object.values(found))
      if (one.state === "fail") assert.ok(one.advice, `${one.what} has no advice`);
    assert.match(found["settings"]!.advice!, /^git init && node \S+berth\.cjs init #/);
    assert.match(found["plugins"]!.text, /^not looked at: "Pulumi CLI" has to be right first$/);
  });

  it("exits 0 where nothing fails, outside of a project, and is lines for people", async () => {
    const { code, stdout, stderr } = await run([]);
    assert.equal(stderr, "");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok {4}Node +\d+\.\d+\.\d+$/m);
    assert.match(stdout, /^warn {2}settings +this is no Pulumi project/m);
    assert.match(
      stdout,
      /^ +→ git init && node \S+berth\.cjs init # in your app's folder, to begin; else cd to its project$/m,
    );
    assert.match(stdout, /\n0 fail, \d+ warn, \d+ ok\n$/);
  });

  it("looks half configured at the half that is there, and names what is missing", async () => {
    const ran = await run(["--json"], { cwd: "half", more: { PULUMI_CONFIG_PASSPHRASE: "x" } });
    assert.equal(ran.code, 1);
    const found = findingsOf(ran);
    assert.match(found["settings"]!.text, /berth:gitlab: expected/);
    assert.match(found["settings"]!.advice!, /^"\$\{EDITOR:-vi\}" \S+half\/Pulumi\.dev\.yaml$/);
    assert.deepEqual([found["Docker of web1"]!.state, found["Docker of builder"]!.state], ["fail", "ok"]);
    assert.equal(
      found["Docker of web1: disk"]!.text,
      'not looked at: "Docker of web1" has to be right first',
    );
    assert.match(found["state"]!.text, /dev was never updated: berth up dev/);
    assert.equal(found["lock"]!.text, "nobody holds it");
    assert.equal(found["GitLab"], undefined);
  });

  it("fails for a stack that was named and isn't there, and says which are", async () => {
    const ran = await run(["nowhere", "--json"], { cwd: "half" });
    assert.equal(ran.code, 1);
    const { state, text, advice } = findingsOf(ran)["settings"]!;
    assert.match(advice!, / doctor dev$/);
    assert.deepEqual([state, /There is no stack "nowhere".*Stacks here: dev\./.test(text)], ["fail", true]);
  });

  it("fails as a user who can't write the states, with what would let him", async function () {
    if (process.getuid?.() !== 0) this.skip();
    for (const above of [folder, dirname(folder)]) chmodSync(above, 0o755);
    chmodSync(join(folder, "states"), 0o755);
    const found = findingsOf(await run(["--json"], { uid: 65534 }));
    assert.equal(found["state backend"]!.state, "fail");
    assert.match(found["state backend"]!.text, /this user \(65534\) can't write there/);
    assert.match(found["state backend"]!.advice!, /^sudo install -d -o "\$\(id -u\)" \S+states\/\.pulumi #/);
  });

  it("shows no passphrase, token or password that the environment has", async () => {
    const secrets = {
      PULUMI_CONFIG_PASSPHRASE: "open-sesame-2026",
      BERTH_GITLAB_TOKEN: "glpat-not-to-be-seen",
    };
    const { stdout, stderr } = await run([], { cwd: "half", more: secrets });
    assert.doesNotMatch(stdout + stderr, /open-sesame|not-to-be-seen/);
  });
});
