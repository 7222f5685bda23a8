import assert from "node:assert/strict";
import { type EngineAnswer, ScriptedProject } from "../../../support/stack/scripted-project";

const digest = `sha256:${"1".repeat(64)}`;
const pin = `release: { tag: "v1", digest: "${digest}" }`;
const PROJECT = "name: berth\nruntime: nodejs\nmain: index.ts\n";
const build = "build: { base: library/python:3.11-slim, context: app }";

/** A stack of these apps, each a line in braces. */
const stack = (...apps: string[]) => `# ours
config:
  berth:nexus: { hostname: 127.0.0.1, eula: accepted }
  berth:gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: team/site }
  berth:servers: { main: { docker: "unix:///run/nowhere.sock", address: main.test } }
  berth:apps:
${apps.map((app, index) => `    app${index + 1}: { port: 80, publish: 808${index}, servers: [main], ${app} }\n`).join("")}`;

const LOCKED: EngineAnswer = {
  to: /^up/,
  stderr: "error: the stack is currently locked by 1 lock(s). Either wait for the other process to end",
  code: 255,
};

describe("berth up --unpin", function () {
  this.timeout(120_000);
  let project: ScriptedProject;
  const files = (text: string) => ({
    "Pulumi.yaml": PROJECT,
    "Pulumi.dev.yaml": text,
    "app/Dockerfile": "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n",
  });
  afterEach(() => project.remove());

  /** Runs it beside an engine that ends in this way, and looks that the file is as it was. */
  async function appliesNothing(answers: readonly EngineAnswer[], args: string[], exit: number) {
    const before = stack(`${build}, ${pin}`);
    project = new ScriptedProject(files(before));
    const { code, stderr } = await project.berth(["up", "dev", "--unpin", ...args], answers);
    assert.equal(code, exit, stderr);
    assert.equal(project.read("Pulumi.dev.yaml"), before);
    return stderr;
  }

  it("puts the pin back where another run holds the stack", async () => {
    const said = await appliesNothing([LOCKED], [], 4);
    assert.match(said, /app1 is no longer pinned in .*Pulumi\.dev\.yaml\./);
    assert.match(said, /Nothing was applied: .*Pulumi\.dev\.yaml is as it was\./);
  });

  it("puts the pin back where the engine fails before it begins", async () => {
    const said = await appliesNothing([{ to: /^up/, stderr: "error: no login", code: 255 }], [], 1);
    assert.match(said, /no login/);
  });

  it("doesn't touch the file where the preview that is compared fails, or is another than was reviewed", async () => {
    const failing: EngineAnswer = { to: /^preview/, stderr: "error: no preview", code: 255 };
    const said = await appliesNothing([failing], ["--expect", "a".repeat(64)], 1);
    assert.match(said, /no preview/);
    assert.doesNotMatch(said, /no longer pinned/);
    project.remove();
    const other = await appliesNothing([{ to: /^preview/ }], ["--expect", "a".repeat(64)], 3);
    assert.doesNotMatch(other, /no longer pinned/);
  });

  it("doesn't touch the file where what would be built isn't there", async () => {
    const before = stack(`build: { base: library/a, context: nope }, ${pin}`);
    project = new ScriptedProject(files(before));
    const { code, stderr } = await project.berth(["up", "dev", "--unpin"]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /berth:apps\.app1\.build\.context: there is no folder nope/);
    assert.equal(project.read("Pulumi.dev.yaml"), before);
    assert.deepEqual(
      project.calls.filter((call) => call.startsWith("up")),
      [],
    );
  });

  it("asks nothing where none of several apps is pinned", async () => {
    project = new ScriptedProject(files(stack(build, build)));
    const { code, stderr } = await project.berth(["up", "dev", "--unpin"], [LOCKED]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /No app is pinned\./);
  });

  it("takes out every pin of apps that the stack builds, or the named one's", async () => {
    const failing: EngineAnswer = { to: /^up/, stderr: "error: stopped here", code: 255 };
    project = new ScriptedProject(files(stack(`${build}, ${pin}`, `${build}, ${pin}`, pin)));
    const all = await project.berth(["up", "dev", "--unpin"], [failing]);
    assert.deepEqual(
      [...all.stderr.matchAll(/^(app\d) (is no longer|stays) pinned/gm)].map(
        ([, app, what]) => `${app} ${what}`,
      ),
      ["app3 stays", "app1 is no longer", "app2 is no longer"],
      all.stderr,
    );
    const one = await project.berth(["up", "dev", "--unpin", "--app", "app2"], [failing]);
    assert.match(one.stderr, /^app2 is no longer pinned/m);
    assert.doesNotMatch(one.stderr, /app1/);
    const nobody = await project.berth(["up", "dev", "--unpin", "--app", "app3"], [failing]);
    assert.equal(nobody.code, 2);
    assert.match(nobody.stderr, /dev doesn't build app3, so its release can't be taken away/);
  });
});
