import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { HandProject } from "../../support/stack/hand-project";
import { docker } from "../../support/stack/sandbox";

/** On everything that is made in Docker. */
const RUN = `byhand${randomBytes(3).toString("hex")}`;
/** The sandbox's own, on the main Docker. */
const IMAGE = "berth-sandbox/debian:bookworm";

describe("pulumi by hand, with the sandbox's plugins", function () {
  this.timeout(600_000);
  let project: HandProject;

  async function projectWith(settings?: string): Promise<HandProject> {
    project = new HandProject(settings);
    const { code, stderr } = await project.pulumi("stack", "init", "dev");
    assert.equal(code, 0, stderr);
    return project;
  }
  afterEach(async () => {
    if (existsSync(join(project.directory, "index.js")) && project.resources.size > 0) {
      const { code, stdout, stderr } = await project.pulumi(
        "destroy",
        "--yes",
        "--skip-preview",
        "--stack",
        "dev",
      );
      assert.equal(code, 0, stdout + stderr);
    }
    project.remove();
  });
  async function succeeds(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await project.up(...args);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }
  async function fails(): Promise<string> {
    const { code, stdout } = await project.up();
    assert.notEqual(code, 0, stdout);
    return stdout;
  }

  describe("runs a program", () => {
    it("as its project says: folder, options of Node, settings and their secrets", async () => {
      const options =
        "runtime:\n  name: nodejs\n  options:\n    typescript: false\n    nodeargs: --require ./before.cjs\n";
      await projectWith(`${options}main: program/\n`);
      project.write("program/before.cjs", 'globalThis.before = "was here";\n');
      project.program(
        `const config = new pulumi.Config();
        console.log("said by the program");
        exports.out = [globalThis.before, process.cwd().split("/").at(-1), config.require("plain")];
        exports.hidden = config.requireSecret("secret");`,
        "program/index.js",
      );
      await project.pulumi("config", "set", "plain", "p");
      await project.pulumi("config", "set", "--secret", "secret", "sesame");
      const said = await succeeds();
      assert.match(said, /said by the program/);
      assert.doesNotMatch(said, /warning|sesame/);
      const { stdout } = await project.pulumi("stack", "output", "--json", "--stack", "dev");
      assert.deepEqual(JSON.parse(stdout), { out: ["was here", "program", "p"], hidden: "[secret]" });
    });

    it("and says how it ended", async () => {
      await projectWith();
      // Not at once: Node 20.20 takes minutes to colour a stack with a frame of `node_modules/@pulumi/resource.ts`.
      project.program('setImmediate(() => { throw new Error("out of paper"); });');
      assert.match(await fails(), /Error: out of paper\n\s+at /);
      project.program("process.exit(3);");
      assert.match(await fails(), /Program exited with non-zero exit code: 3/);
      project.write("Pulumi.yaml", "name: by-hand\nruntime: { name: nodejs, options: { jit: none } }\n");
      assert.match(
        await fails(),
        /the runtime option 'jit' of Pulumi\.yaml is not supported by the sandbox's language host/,
      );
    });
  });

  describe("gives Docker's networks and volumes", () => {
    const both = (labels: string, network = "{}", more = "") => `
      const labels = [{ label: "run", value: "${RUN}" }, ${labels}];
      new docker.Network("${RUN}-net", { labels }, ${network});
      new docker.Volume("${RUN}-data", { labels });${more}`;
    const label = (value: string) => `{ label: "one", value: "${value}" }`;

    beforeEach(async () => {
      await projectWith();
      project.program(both(label("1")));
      await succeeds();
    });

    it("nothing to do where nothing changed, and a replacement for another label", async () => {
      assert.deepEqual(await project.planned(), []);
      project.program(both(label("2")));
      assert.deepEqual(await project.planned(), [`replace ${RUN}-data`, `replace ${RUN}-net`]);
    });

    it("what their options ask of the engine", async () => {
      project.program(both(label("2"), '{ ignoreChanges: ["labels"] }'));
      assert.deepEqual(
        (await project.planned()).filter((step) => step.endsWith("-net")),
        [],
      );
      project.program(both(label("2"), "{ deleteBeforeReplace: true }"));
      const said = await succeeds(
        "--target",
        `urn:pulumi:dev::by-hand::docker:index/network:Network::${RUN}-net`,
      );
      assert.ok(said.indexOf("deleted original") < said.indexOf("created replacement"), said);
      assert.match(said, /Network \S+-net created replacement/);
      assert.doesNotMatch(said, /Volume \S+-data (creat|delet)/, "it isn't the target");
    });

    it("a refresh that finds what is gone, of the target alone", async () => {
      const [network, volume] = [project.resources.get(`${RUN}-net`)!, project.resources.get(`${RUN}-data`)!];
      docker(["network", "rm", network.id!]);
      docker(["volume", "rm", volume.id!]);
      const { code, stdout } = await project.pulumi(
        "refresh",
        "--yes",
        "--stack",
        "dev",
        "--target",
        volume.urn,
      );
      assert.equal(code, 0, stdout);
      assert.deepEqual([...project.resources.keys()], [`${RUN}-net`]);
      assert.deepEqual(await project.planned("--refresh"), [`create ${RUN}-data`, `create ${RUN}-net`]);
    });
  });

  it("refuses by name what the plugins here don't have", async () => {
    await projectWith();
    for (const [program, words] of [
      [
        'new docker.Container("c", { image: "x", gpus: "all" });',
        'Container: the sandbox does not support "gpus"',
      ],
      ['new docker.Plugin("p", { name: "x" });', "Plugin: the sandbox does not support this resource"],
    ] as const) {
      project.program(program);
      const { code, stdout } = await project.pulumi("preview", "--stack", "dev");
      assert.notEqual(code, 0);
      assert.ok(stdout.includes(words), stdout);
    }
  });

  it("keeps a container that did not come up in the state, and replaces it by the next update", async () => {
    await projectWith();
    const container = (network: string) => `
      new docker.Container("${RUN}-c", {
        image: "${IMAGE}", command: ["sleep", "1000"], labels: [{ label: "run", value: "${RUN}" }],
        networksAdvanced: [{ name: "${network}" }],
      });`;
    project.program(container("no-such-network"));
    assert.match(await fails(), /network no-such-network not found/);
    const failed = project.resources.get(`${RUN}-c`)!;
    assert.match(failed.initErrors![0]!, /no-such-network/);
    assert.equal(docker(["ps", "-aq", "--no-trunc", "--filter", `id=${failed.id}`]).length, 1);
    project.program(container("bridge"));
    await succeeds();
    const running = project.resources.get(`${RUN}-c`)!;
    assert.deepEqual(docker(["ps", "-aq", "--no-trunc", "--filter", `label=run=${RUN}`]), [running.id]);
    assert.equal(running.initErrors, undefined);
  });

  it("keeps what is secret out of the state and of what is said, and gives it to the plugin", async () => {
    await projectWith();
    project.program(`
      const secret = pulumi.secret("open-sesame");
      const password = new random.RandomPassword("password", { length: 20 }).result;
      const copy = new command.local.Command("copy", {
        create: "echo ok; printf %s \\"$WORD\\" > word", environment: { WORD: secret, PASSWORD: password },
      });
      exports.said = copy.stdout;`);
    const said = await succeeds();
    assert.match(said, /said: "ok"/);
    assert.equal(readFileSync(join(project.directory, "word"), "utf8"), "open-sesame");
    const state = JSON.stringify([...project.resources.values()]);
    assert.ok(!state.includes("open-sesame") && !said.includes("open-sesame"));
    const { outputs } = project.resources.get("password")!;
    for (const name of ["result", "bcryptHash"]) {
      assert.match(JSON.stringify(outputs![name]), /"ciphertext":"v1:/, name);
    }
  });

  describe("where a run ends early", () => {
    const sleeping = `new command.local.Command("sleeping", { create: "echo $$ > pid; exec sleep 300" });`;

    /** Of the command that it runs by now. */
    async function pidOf(): Promise<number> {
      const file = join(project.directory, "pid");
      await until(() => existsSync(file) && readFileSync(file, "utf8") !== "", "the command runs");
      return Number(readFileSync(file, "utf8"));
    }
    const ended = (pid: number) => until(() => !existsSync(`/proc/${pid}`), "the command ends");

    it("by ^C: ends the command, keeps no lock and says so", async () => {
      await projectWith();
      project.program(sleeping);
      const { child, ended: exited } = project.begin("up", "--yes", "--skip-preview", "--stack", "dev");
      const pid = await pidOf();
      process.kill(child.pid!, "SIGINT");
      const { code, stdout, stderr } = await exited;
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /Interrupted: running/);
      await ended(pid);
      assert.deepEqual([...project.resources.keys()], []);
      assert.deepEqual(locks(), []);
    });

    it("killed: the plugin ends what it runs, as its connection is gone", async () => {
      await projectWith();
      project.program(sleeping);
      const { child, ended: exited } = project.begin("up", "--yes", "--skip-preview", "--stack", "dev");
      const pid = await pidOf();
      process.kill(child.pid!, "SIGKILL");
      await exited;
      await ended(pid);
      assert.equal(locks().length, 1, "the lock stays");
      const cancelled = await project.pulumi("cancel", "--yes", "--stack", "dev");
      assert.equal(cancelled.code, 0, cancelled.stderr);
    });

    function locks(): string[] {
      const folder = join(project.directory, "state", ".pulumi", "locks");
      const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
      return files.filter((file) => file.endsWith(".json"));
    }
  });
});

const LONGEST_MS = 120_000;

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + LONGEST_MS;
  while (!holds()) {
    assert.ok(Date.now() < end, `after ${LONGEST_MS / 1000} s not yet: ${what}`);
    await pause(50);
  }
}
