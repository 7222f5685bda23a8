import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Change } from "../../../automation/change/model/change";
import { needsDocker } from "../../support/stack/own-sandbox";
import { ProjectCopy } from "../../support/stack/project-copy";
import type { Ran } from "../../support/stack/sandbox";

/** Says in a file of the project that it was run, and what for. `MEANWHILE` runs another `up` while it is previewed. */
const PROGRAM = `
import { execFileSync } from "node:child_process";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";

export = async () => {
  const { VALUE = "first", LENGTH = "20", MEANWHILE, ...env } = process.env;
  const password = new RandomPassword("password", { length: Number(LENGTH) });
  const word = new local.Command("word", { create: \`echo \${VALUE} >> applied\`, triggers: [VALUE], dir: process.cwd() });
  if (MEANWHILE && pulumi.runtime.isDryRun()) {
    const command = [process.cwd() + "/automation/berth.cjs", "up", "dev"];
    execFileSync(process.execPath, command, { env: { ...env, ...JSON.parse(MEANWHILE) }, stdio: "pipe" });
  }
  return { word: word.triggers, password: password.result };
};
`;

describe("up --expect", () => {
  let project: ProjectCopy;

  before(() => {
    project = new ProjectCopy();
    project.edit("index.ts", () => PROGRAM);
  });

  after(() => project?.remove());

  const inProject = (name: string) => join(project.project, name);
  const reviewed = () => inProject("change/preview.json");
  const change = () => JSON.parse(readFileSync(reviewed(), "utf8")) as Change;

  /** What was done, since it was asked last. */
  function applied(): string[] {
    const words = existsSync(inProject("applied")) ? readFileSync(inProject("applied"), "utf8") : "";
    rmSync(inProject("applied"), { force: true });
    return words.split("\n").filter(Boolean);
  }

  async function preview(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { code, stderr } = await project.berth(["preview", "dev", "--out", "change"], env);
    assert.equal(code, 0, stderr);
  }

  const up = (env: NodeJS.ProcessEnv = {}, ...more: string[]) =>
    project.berth(["up", "dev", "--expect", reviewed(), ...more], env);

  /** Secrets, too. */
  async function outputs(env: NodeJS.ProcessEnv = {}) {
    return JSON.parse((await project.berth(["outputs", "dev", "--json", "--show-secrets"], env)).stdout);
  }

  it("applies what was reviewed, by the hash and by the file", async () => {
    await preview();
    assert.equal((await up()).code, 0);
    assert.deepEqual(applied(), ["first"]);
    await preview({ VALUE: "second" });
    const { code, stderr } = await project.berth(["up", "dev", "--expect", change().hash], {
      VALUE: "second",
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(applied(), ["second"]);
  });

  it("applies it as well where another run in between changed nothing", async () => {
    await preview({ VALUE: "third" });
    const { code, stderr } = await up({ VALUE: "third", MEANWHILE: JSON.stringify({ VALUE: "second" }) });
    assert.equal(code, 0, stderr);
    assert.deepEqual(applied(), ["third"]);
  });

  it("applies nothing where the change is another one", async () => {
    await preview({ VALUE: "fourth" });
    const { code, stderr } = await up({ VALUE: "fifth" });
    assert.equal(code, 3, stderr);
    assert.match(stderr, /^berth: Nothing was applied: it is no longer the change that was reviewed/m);
    assert.match(stderr, /replace word: command: .*reviewed .*fourth.*, now .*fifth/);
    assert.deepEqual(applied(), []);
  });

  it("applies nothing where another run changed the stack after the preview that agreed", async () => {
    await preview({ VALUE: "sixth" });
    const run = await up({ VALUE: "sixth", MEANWHILE: JSON.stringify({ VALUE: "another" }) });
    refused(run);
    assert.deepEqual(applied(), ["another"]);
    assert.deepEqual((await outputs()).word, ["another"], "the state is the other run's");
  });

  it("applies nothing where the other run changed no more than a secret, and goes by the fresh preview after it", async () => {
    await preview({ VALUE: "seventh" });
    const before = await outputs();
    refused(await up({ VALUE: "seventh", MEANWHILE: JSON.stringify({ VALUE: "another", LENGTH: "21" }) }));
    const after = await outputs();
    assert.deepEqual([after.word, after.password.length, before.password.length], [["another"], 21, 20]);
    assert.deepEqual(applied(), []);
    assert.equal((await up({ VALUE: "seventh" })).code, 3, "the password would be another one");
    assert.equal((await up({ VALUE: "seventh", LENGTH: "21" })).code, 0);
    assert.deepEqual(applied(), ["seventh"]);
  });

  it("applies a change once where two runs want the same one at once", async () => {
    await preview({ VALUE: "eighth", LENGTH: "21" });
    const runs = await Promise.all([1, 2, 3].map(() => up({ VALUE: "eighth", LENGTH: "21" })));
    const codes = runs.map(({ code }) => code!).sort();
    assert.equal(codes[0], 0, runs.map(({ stderr }) => stderr).join("\n"));
    assert.ok(
      codes.slice(1).every((code) => code === 3 || code === 4),
      String(codes),
    );
    assert.deepEqual(applied(), ["eighth"]);
  });

  it("opens a state beside which a killed run has left an empty file: the engine alone can't", async () => {
    const stacks = join(project.directory, "state", ".pulumi", "stacks", "berth");
    const beside = join(stacks, "dev.json.attrs");
    for (const args of [["ps"], ["outputs"], ["up"]] as const) {
      writeFileSync(beside, "");
      const { code, stderr } = await project.berth([args[0], "dev"], { VALUE: "after" });
      assert.doesNotMatch(stderr, /EOF/);
      assert.notEqual(code, 1, stderr);
    }
    assert.deepEqual(applied(), ["after"]);
    writeFileSync(beside, "{");
    const { code, stderr } = await project.berth(["outputs", "dev"]);
    assert.equal(code, 1);
    assert.match(stderr, /Opening the stack dev: failed to load checkpoint: .*unexpected EOF/);
    rmSync(beside);
  });

  it("leaves the release pinned with --unpin where nothing is applied", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    project.edit("Pulumi.dev.yaml", (text) =>
      text.replace(
        "    blog:\n",
        `    blog:\n      release: # a comment of somebody's\n        { tag: "1", digest: "${digest}" }\n`,
      ),
    );
    const settings = () => readFileSync(inProject("Pulumi.dev.yaml"), "utf8");
    const before = settings();
    const { code, stderr } = await up({ VALUE: "ninth" }, "--unpin");
    assert.equal(code, 3, stderr);
    assert.doesNotMatch(stderr, /blog is no longer pinned/, "the file isn't touched before the comparison");
    assert.equal(settings(), before);
    await preview({ VALUE: "ninth", LENGTH: "21" });
    assert.equal((await up({ VALUE: "ninth", LENGTH: "21" }, "--unpin")).code, 0);
    assert.doesNotMatch(settings(), /release:/);
  });
});

function refused({ code, stderr }: Ran): void {
  assert.equal(code, 3, stderr);
  assert.match(stderr, /^berth: Nothing was applied: .* another run changed the stack dev/m);
  assert.doesNotMatch(stderr, /^\s+at .*:\d+:\d+\)?$/m, "no stack trace");
}

/** As far as it counts here. */
interface Settings {
  config: Record<string, unknown>;
}

describe("a change", () => {
  let project: ProjectCopy;

  before(async function () {
    await needsDocker(this);
    project = new ProjectCopy();
  });
  after(() => project?.remove());

  it("is the same, and so are the commands, wherever its settings stand, and with the whole name of the stack", async () => {
    const hash = async (stack: string) => {
      const ran = await project.berth(["preview", stack, "--json"], { GITLAB_REGISTRY_PASSWORD: "secret" });
      assert.equal(ran.code, 0, ran.stderr);
      return (JSON.parse(ran.stdout) as Pick<Change, "hash">).hash;
    };
    const reviewed = await hash("dev");
    moveToProject(["berth:gitlab", "berth:servers"]);
    assert.equal(await hash("dev"), reviewed);
    assert.equal(await hash("organization/berth/dev"), reviewed);
    for (const command of ["ps", "releases"]) {
      const [short, whole] = await Promise.all(
        ["dev", "organization/berth/dev"].map((stack) => project.berth([command, stack, "--json"])),
      );
      assert.equal(short!.stderr, "", command);
      assert.deepEqual(whole, short);
    }
  });

  /** Into Pulumi.yaml, from the stack's own file. */
  function moveToProject(keys: readonly string[]): void {
    const moved: Settings["config"] = {};
    project.edit("Pulumi.dev.yaml", (text) => {
      const { config, ...others } = parse(text) as Settings;
      for (const key of keys) {
        assert.ok(config[key], key);
        moved[key] = { value: config[key] };
        delete config[key];
      }
      return stringify({ ...others, config });
    });
    project.edit("Pulumi.yaml", (text) => stringify({ ...parse(text), config: moved }));
  }
});
