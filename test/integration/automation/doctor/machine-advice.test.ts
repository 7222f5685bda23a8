import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { scriptedDocker } from "../../../support/docker/scripted-docker";
import { DoctorShell, pulumiStub } from "../../../support/stack/doctor-shell";

/** The machine itself made wrong. Installers are stubs that do what they stand for: no test may fetch a Node or change the machine. */
describe("doctor's advice on this machine, typed", () => {
  let shell: DoctorShell;
  let states: string;
  beforeEach(function () {
    if (process.getuid?.() !== 0) this.skip();
    shell = new DoctorShell();
    states = join(shell.folder, "states");
    mkdirSync(states);
    shell.program("pulumi", pulumiStub(states));
  });
  afterEach(() => shell?.remove());

  /** What the installer of `curl` brings: a CLI as good as today's. */
  function installer(): void {
    const made = join(shell.folder, "new-pulumi");
    writeFileSync(made, `#!/bin/sh\n${pulumiStub(states)}\n`, { mode: 0o755 });
    shell.program("curl", `echo 'mkdir -p "$HOME/.pulumi/bin" && cp ${made} "$HOME/.pulumi/bin/pulumi"'`);
  }

  it("of a Node that is too old, no git, a Pulumi CLI that is too old, and no temporary folder", async () => {
    const [newer, old] = [join(shell.folder, "newer"), join(shell.folder, "old-node.cjs")];
    // This Node, that says another version of itself: Debian 12's.
    writeFileSync(
      old,
      `if (!require("node:fs").existsSync("${newer}"))
        Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } });`,
    );
    const git = execFileSync("which", ["git"], { encoding: "utf8" }).trim();
    shell.program(
      "berth",
      `exec '${process.execPath}' --require '${old}' '${join(process.cwd(), "automation", "berth.cjs")}' "$@"`,
    );
    shell.program("npx", `[ "$*" = "--yes n 22" ] && touch ${newer}`);
    shell.program(
      "apt-get",
      `[ "$1" = update ] || { /usr/bin/apt-get --simulate "$@" && ln -s ${git} ${join(shell.folder, "bin", "git")}; }`,
    );
    shell.program("pulumi", pulumiStub(states, "v3.1.9"));
    installer();
    await shell.cures(
      {
        Node: { wrong: /^18\.20\.4, and Berth needs 20\.\d+\.\d+ or newer$/ },
        "temporary folder": { wrong: /^the temporary folder \S+\/none \(TMPDIR\) isn't there$/ },
        git: { wrong: /^there is no git on the PATH/ },
        "Pulumi CLI": { wrong: /^3\.1\.9, and its Automation API needs 3\.2\.0 or newer$/ },
      },
      { env: { PATH: shell.pathWithout("git"), TMPDIR: join(shell.folder, "none") } },
    );
  });

  it("of a Pulumi CLI that is none, one that nobody may run, and one that is older than Berth's library", async () => {
    installer();
    const file = join(shell.folder, "bin", "pulumi");
    const ills = [
      [() => shell.program("pulumi", "echo what?"), "fail", /tells no version: what\?$/],
      [
        () => chmodSync(file, 0o644),
        "fail",
        /^there is a `pulumi` on the PATH that this user \(0\) may not run$/,
      ],
      [
        () => shell.program("pulumi", pulumiStub(states, "v3.200.0")),
        "warn",
        /^3\.200\.0 is older than the library/,
      ],
    ] as const;
    for (const [make, state, wrong] of ills) {
      make();
      // Its first folder may be what another program is found in: nothing else there may be run either.
      await shell.cures({ "Pulumi CLI": { state, wrong } }, { env: { PATH: shell.pathWithout("pulumi") } });
      execFileSync("rm", ["-rf", join(shell.folder, ".pulumi")]);
    }
  });

  it("of a temporary folder whose disk is full", async () => {
    const full = join(shell.folder, "full");
    mkdirSync(full);
    const fill = `mount -t tmpfs -o size=64k tmpfs ${full} && head -c 64k /dev/zero >${full}/fill; exec "$@"`;
    await shell.cures(
      { "temporary folder": { wrong: /\/full \(TMPDIR\) takes nothing, its disk is full$/ } },
      { env: { TMPDIR: full }, under: ["unshare", "--mount", "sh", "-c", fill, "sh"] },
    );
  });

  it("of an app without a project: one is made, then gone to", async () => {
    const berth = join(process.cwd(), "automation", "berth.cjs");
    const answers = "--yes --gitlab http://127.0.0.1:9 --project team/shop"; // what a person would say
    shell.program(
      "berth",
      `[ "$1" = init ] && set -- "$@" ${answers}\nexec '${process.execPath}' '${berth}' "$@"`,
    );
    const app = join(shell.folder, "shop");
    mkdirSync(app);
    writeFileSync(join(app, "Dockerfile"), "FROM scratch\n");
    const asked = { cwd: app, env: { PATH: process.env["PATH"], PULUMI_CONFIG_PASSPHRASE: "x" } };
    const outside = (await shell.found(asked))["settings"]!;
    assert.match(outside.text, /^this is no Pulumi project/);
    const above = (await shell.found({ ...asked, lines: outside.advice! }))["settings"]!;
    assert.deepEqual([above.state, above.advice], ["warn", "cd deploy"], shell.said);
    const inside = await shell.found({ ...asked, lines: above.advice! });
    assert.equal(inside["settings"]!.state, "ok", JSON.stringify(inside["settings"]));
  });

  describe("as another user", () => {
    let root: Server;
    beforeEach(async () => {
      // `sudo` as that user has it: somebody else does it as root.
      const socket = join(shell.folder, "root.sock");
      root = createServer((asked) =>
        asked.once("data", (line) => {
          const [program, ...args]: string[] = JSON.parse(line.toString());
          // Programs of the shell come first: `usermod` there changes no user of this machine.
          const PATH = `${join(shell.folder, "bin")}:${process.env["PATH"]}`;
          execFileSync(program!, args, { env: { PATH } });
          asked.end();
        }),
      );
      await new Promise<void>((resolve) => root.listen(socket, resolve));
      const ask = `require("net").connect("${socket}").on("connect", function () { this.write(JSON.stringify(process.argv.slice(1))) }).resume()`;
      shell.program("sudo", `exec '${process.execPath}' -e '${ask}' -- "$@"`);
      for (const open of [shell.folder, socket]) chmodSync(open, 0o1777);
    });
    afterEach(() => root.close());

    const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

    it("of states, of Pulumi's folder and of a temporary folder that root has made", async () => {
      const [kept, home, temporary] = ["states/.pulumi", "pulumi-home", "temporary"].map((name) =>
        join(shell.folder, name),
      );
      for (const folder of [kept!, `${home}/workspaces`, temporary!]) mkdirSync(folder, { recursive: true });
      await shell.cures(
        {
          "temporary folder": { wrong: /\/temporary \(TMPDIR\) takes nothing from this user \(65534\)$/ },
          "Pulumi's folder": { wrong: /\/workspaces: this user \(65534\) can't write there/ },
          "state backend": { wrong: /\/\.pulumi: this user \(65534\) can't write there/ },
        },
        { env: { PULUMI_HOME: home, TMPDIR: temporary }, under: nobody },
      );
    });

    it("of a Docker whose group is not this user's", async () => {
      const docker = await scriptedDocker({
        state: () => undefined,
        exec: () => ({ exitCode: 1, output: "" }),
        version: { Version: "28.3.0", ApiVersion: "1.51", Os: "linux", Arch: "amd64" },
      });
      const socket = docker.address.slice("unix://".length);
      try {
        chmodSync(dirname(socket), 0o755);
        chmodSync(socket, 0o600);
        // Stands for what a new login of a member of the group finds.
        shell.program("usermod", `[ "$*" = "-aG docker nobody" ] && chmod 666 ${socket}`);
        await shell.cures(
          { "Docker of builder": { wrong: /EACCES .*make the user a member of its group, docker\)$/ } },
          { env: { DOCKER_HOST: docker.address }, under: nobody },
        );
      } finally {
        docker.close();
      }
    });

    it("of a folder for states that is there, without taking it from its owner", async () => {
      await shell.cures(
        { "state backend": { wrong: /\/states: this user \(65534\) can't write there/ } },
        { under: nobody },
      );
      const owner = execFileSync("stat", ["-c", "%u", states], { encoding: "utf8" }).trim();
      assert.equal(owner, "0");
    });
  });
});
