import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as auto from "@pulumi/pulumi/automation";
import type { CheckpointJson } from "../../../sandbox/pulumi/src/backend/checkpoint";

const ROOT = resolve(__dirname, "../../../sandbox/pulumi");
const EXECUTABLE = join(ROOT, "bin/pulumi");
const REPOSITORY = resolve(ROOT, "../..");

const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
class Thing extends pulumi.CustomResource {
  constructor(name, args, options) { super("fake:index:Thing", name, { computed: undefined, ...args }, options); }
}
const config = new pulumi.Config();
const first = new Thing("first", { name: "first", value: config.get("value") ?? "one" });
new Thing("second", { name: "second", value: first.computed, delay: config.getNumber("delay") ?? 0 });
console.log("the program says hello");
exports.computed = first.computed;
`;

describe("the sandbox's pulumi executable", function () {
  this.timeout(60_000);
  let directory: string;
  let environment: NodeJS.ProcessEnv;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "sandbox-cli-"));
    mkdirSync(join(directory, "state"));
    environment = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${directory}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_HOME: join(directory, "home"),
      BERTH_SANDBOX_PROVIDERS: `fake=${join(__dirname, "fake-provider.ts")}`,
    };
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  function run(...args: string[]) {
    const result = spawnSync(EXECUTABLE, args, { cwd: directory, env: environment, encoding: "utf8" });
    return {
      code: result.status,
      out: result.stdout,
      err: result.stderr,
      all: result.stdout + result.stderr,
    };
  }

  it("says which Pulumi it follows, in a form that the Automation API takes", async () => {
    assert.match(run("version").out, /^v3\.\d+\.\d+\+berth-sandbox\n$/);
    assert.ok(await auto.PulumiCommand.get({ root: ROOT }));
  });

  it("names what it does not know or does not support, without a stack trace", () => {
    const cases: [string[], RegExp, number][] = [
      [["bogus"], /^error: unknown command "bogus" for "pulumi"/, 1],
      [["stack", "bogus"], /^error: unknown command "bogus" for "pulumi stack"/, 1],
      [["up", "--bogus"], /^error: unknown flag: --bogus\n$/, 1],
      [["up", "--target", "urn"], /^error: the flag --target is not supported/, 2],
      [["preview", "--save-plan=x"], /^error: the flag --save-plan is not supported/, 2],
      [["stack", "ls", "extra"], /^error: pulumi stack ls accepts 0 arg/, 1],
      [["whoami", "-x"], /^error: unknown shorthand flag: 'x' in -x/, 1],
      [["preview"], /^error: no Pulumi.yaml project file found/, 2],
      [
        ["plugin", "install", "resource", "aws", "1.0.0"],
        /^error: the resource plugin 'aws' is not available/,
        1,
      ],
      [["login", "https://api.example.test"], /^error: the backend 'https:.*' is not supported/, 2],
    ];
    for (const [args, message, code] of cases) {
      const result = run(...args);
      assert.match(result.err, message, args.join(" "));
      assert.doesNotMatch(result.err, /^\s+at /m);
      assert.equal(result.code, code, args.join(" "));
    }
    assert.equal(run("plugin", "install", "resource", "docker", "v5.2.0").code, 0);
  });

  describe("with a project", () => {
    before(() => {
      writeFileSync(
        join(directory, "Pulumi.yaml"),
        "name: cli\nruntime: { name: nodejs, options: { typescript: false } }\n",
      );
      writeFileSync(join(directory, "package.json"), "{}");
      writeFileSync(join(directory, "index.js"), PROGRAM);
      symlinkSync(join(REPOSITORY, "node_modules"), join(directory, "node_modules"));
    });

    const checkpoint = () =>
      JSON.parse(
        readFileSync(join(directory, "state/.pulumi/stacks/cli/dev.json"), "utf8"),
      ) as CheckpointJson;

    it("makes, lists and selects stacks, and keeps configuration", () => {
      assert.match(run("stack", "select", "dev").err, /^error: no stack named 'dev' found/);
      assert.equal(run("stack", "init", "dev").code, 0);
      assert.match(run("stack", "init", "dev").err, /stack 'organization\/cli\/dev' already exists/);
      assert.equal(run("config", "set", "value", "one").code, 0);
      assert.equal(run("config", "set", "--secret", "pin", "--", "-1234").code, 0);
      assert.equal(run("config", "set", "--path", "list[0].port", "80").code, 0);
      assert.equal(run("config", "get", "pin").out, "-1234\n");
      assert.deepEqual(JSON.parse(run("config", "--json").out), {
        "cli:list": { value: '[{"port":80}]', objectValue: [{ port: 80 }], secret: false },
        "cli:pin": { secret: true },
        "cli:value": { value: "one", secret: false },
      });
      assert.doesNotMatch(readFileSync(join(directory, "Pulumi.dev.yaml"), "utf8"), /1234/);
      assert.match(
        run("config", "get", "absent").err,
        /configuration key 'absent' not found for stack 'dev'/,
      );
      const [stack] = JSON.parse(run("stack", "ls", "--json").out) as { name: string; current: boolean }[];
      assert.deepEqual([stack?.name, stack?.current], ["dev", true]);
    });

    it("refuses to go on without a terminal or --yes", () => {
      const result = run("up");
      assert.match(result.err, /--yes or --skip-preview or --preview-only must be passed/);
      assert.equal(result.code, 2);
    });

    it("runs the project's program, and shows what the real CLI shows", () => {
      const result = run("up", "--yes");
      assert.equal(result.code, 0, result.all);
      assert.match(result.out, /^Previewing update \(dev\):\n/);
      assert.match(result.out, /\n \+ {2}fake:index:Thing first create \n/);
      assert.match(result.out, /\nUpdating \(dev\):\n/);
      assert.match(result.out, /\n \+ {2}fake:index:Thing second created \(\d\.\d\ds\) \n/);
      assert.match(result.out, /\n {4}the program says hello\n/);
      assert.match(
        result.out,
        /\nOutputs:\n {4}computed: "one@none"\n\nResources:\n {4}\+ 3 created\n\nDuration: \d+s\n/,
      );
      assert.equal(run("stack", "output", "computed").out, "one@none\n");
      const [update] = JSON.parse(run("stack", "history", "--json", "--page-size", "1").out) as Record<
        string,
        unknown
      >[];
      assert.deepEqual([update?.["kind"], update?.["result"]], ["update", "succeeded"]);
      assert.deepEqual(update?.["resourceChanges"], { create: 3 });
      assert.deepEqual(update?.["config"] && (update["config"] as { [key: string]: unknown })["cli:pin"], {
        secret: true,
      });
      assert.equal(statSync(join(directory, "state/.pulumi/stacks/cli/dev.json")).mode & 0o777, 0o600);
    });

    it("gives the preview as one JSON object", () => {
      run("config", "set", "value", "two");
      const result = run("preview", "--json");
      const digest = JSON.parse(result.out) as {
        steps: { op: string; urn: string }[];
        changeSummary: object;
      };
      assert.deepEqual(digest.changeSummary, { same: 1, update: 2 });
      assert.deepEqual(
        digest.steps.map(({ op }) => op),
        ["same", "update", "update"],
      );
      assert.equal(run("preview", "--expect-no-changes").code, 1);
    });

    it("exports and imports", () => {
      const before = checkpoint().checkpoint.latest?.resources;
      const file = join(directory, "export.json");
      assert.equal(run("stack", "export", "--show-secrets", "--file", file).code, 0);
      assert.match(readFileSync(file, "utf8"), /"plaintext": "\\"token-of-first/);
      assert.equal(run("stack", "import", "--file", file).code, 0, "import");
      const after = checkpoint().checkpoint.latest?.resources;
      assert.deepEqual(
        after?.map(({ urn }) => urn),
        before?.map(({ urn }) => urn),
      );
      assert.doesNotMatch(JSON.stringify(after), /token-of-first/);
      rmSync(file);
    });

    it("leaves a lock and a pending operation when it is killed, and says so until they are cleared", async () => {
      run("config", "set", "value", "three");
      run("config", "set", "delay", "60000");
      const child = spawn(EXECUTABLE, ["up", "--yes", "--skip-preview"], {
        cwd: directory,
        env: environment,
      });
      await output(child, /second updating/);
      child.kill("SIGKILL");
      await new Promise((ended) => child.once("exit", ended));
      const pending = checkpoint().checkpoint.latest?.pending_operations ?? [];
      assert.deepEqual(
        pending.map(({ type, resource }) => [type, resource.urn.split("::").pop()]),
        [["updating", "second"]],
      );
      const locks = join(directory, "state/.pulumi/locks/organization/cli/dev");
      const lock = JSON.parse(readFileSync(join(locks, readdirSync(locks)[0]!), "utf8")) as { pid: number };
      assert.equal(lock.pid, child.pid);
      const refused = run("up", "--yes");
      assert.match(
        refused.err,
        new RegExp(
          `^error: the stack is currently locked by 1 lock\\(s\\)\\. .*\\n.*\\(pid ${child.pid}\\) at `,
        ),
      );
      assert.equal(run("preview").code, 0);
      assert.match(
        run("cancel", "--yes").out,
        /^The currently running update for 'dev' has been canceled!\n$/,
      );
      run("config", "rm", "delay");
      const next = run("up", "--yes", "--skip-preview");
      assert.equal(next.code, 0, next.all);
      assert.match(
        next.out,
        /1 pending operations from previous deployment\.\n {6}\* .*::second, interrupted while updating/,
      );
      assert.equal(checkpoint().checkpoint.latest?.pending_operations, undefined);
    });

    it("destroys and removes", () => {
      assert.match(run("stack", "rm", "dev", "--yes").err, /'dev' still has resources/);
      const destroyed = run("destroy", "--yes", "--skip-preview");
      assert.match(destroyed.out, /\n {4}- 3 deleted\n/, destroyed.all);
      assert.match(destroyed.out, /run `pulumi stack rm dev`\.\n$/);
      assert.equal(run("stack", "rm", "dev", "--yes").code, 0);
      assert.deepEqual(JSON.parse(run("stack", "ls", "--json").out), []);
    });
  });

  it("serves the Automation API: inline programs, dynamic resources, events and secret outputs", async () => {
    const workDir = join(directory, "inline");
    mkdirSync(workDir);
    const command = await auto.PulumiCommand.get({ root: ROOT });
    let size = 1;
    const program = async () => {
      const config = new pulumi.Config();
      const record = new Entry("record", { size, pin: config.requireSecret("pin") });
      return { url: record.url, pin: record.pin };
    };
    const stack = await auto.LocalWorkspace.createOrSelectStack(
      { projectName: "inline", stackName: "dev", program },
      { workDir, pulumiCommand: command, envVars: environment as { [name: string]: string } },
    );
    await stack.setConfig("pin", { value: "9876-5432", secret: true });
    const kinds = new Set<string>();
    const preview = await stack.preview({ onEvent: (event) => void kinds.add(Object.keys(event)[2] ?? "") });
    assert.deepEqual(preview.changeSummary, { create: 2 });
    for (const kind of ["preludeEvent", "resourcePreEvent", "summaryEvent", "cancelEvent"])
      assert.ok(kinds.has(kind));
    const created = await stack.up();
    assert.deepEqual(created.outputs["pin"], { value: "9876-5432", secret: true });
    assert.deepEqual(created.outputs["url"], { value: "http://example.test/1", secret: false });
    assert.deepEqual(created.summary.resourceChanges, { create: 2 });
    size = 2;
    const updated = await stack.up();
    assert.deepEqual(updated.summary.resourceChanges, { same: 1, update: 1 });
    assert.equal(updated.outputs["url"]?.value, "http://example.test/2");
    size = -1;
    await assert.rejects(stack.up(), (error: Error) => {
      assert.match(error.message, /the size is -1, the pin \[secret\]/);
      assert.ok(!error.message.includes("9876-5432"));
      return true;
    });
    await stack.destroy();
    assert.deepEqual((await stack.exportStack()).deployment.resources ?? [], []);
    await stack.workspace.removeStack("dev");
  });
});

const records: pulumi.dynamic.ResourceProvider = {
  async check(_olds: { size: number }, news: { size: number }) {
    return { inputs: news, failures: [] };
  },
  async diff(_id: string, olds: { size: number }, news: { size: number }) {
    return { changes: olds.size !== news.size };
  },
  async create(inputs: { size: number }) {
    return { id: "record-1", outs: { ...inputs, url: `http://example.test/${inputs.size}` } };
  },
  async update(_id: string, _olds: unknown, news: { size: number; pin: string }) {
    if (news.size < 0) throw new Error(`the size is ${news.size}, the pin ${news.pin}`);
    return { outs: { ...news, url: `http://example.test/${news.size}` } };
  },
  async delete() {},
};

class Entry extends pulumi.dynamic.Resource {
  declare readonly url: pulumi.Output<string>;
  declare readonly pin: pulumi.Output<string>;

  constructor(name: string, args: { size: number; pin: pulumi.Input<string> }) {
    super(records, name, { url: undefined, ...args }, undefined, "test", "Record");
  }
}

function output(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((found, failed) => {
    let text = "";
    const read = (data: Buffer) => {
      text += data.toString();
      if (pattern.test(text)) found();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => failed(new Error(`the process ended before it printed ${pattern}:\n${text}`)));
  });
}
