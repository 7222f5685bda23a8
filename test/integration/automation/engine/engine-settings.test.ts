import assert from "node:assert/strict";
import { type EngineAnswer, ScriptedProject } from "../../../support/stack/scripted-project";

const digest = `sha256:${"1".repeat(64)}`;
const nexus = { hostname: "127.0.0.1", eula: "accepted" };
const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" };
const servers = { main: { docker: "unix:///run/nowhere.sock", address: "main.test" } };
const release = { tag: "v1", digest };
const blog = { port: 80, publish: 8080, servers: ["main"], release, secrets: { TOKEN: "plain-as-the-day" } };

/** As `pulumi config --json --show-secrets` answers. */
function told(settings: Record<string, unknown>): EngineAnswer {
  const entries = Object.entries(settings).map(([key, objectValue]) => [
    key,
    {
      value: JSON.stringify(objectValue),
      objectValue,
      secret: JSON.stringify(objectValue).includes("plain-as"),
    },
  ]);
  return { to: /^config --json --show-secrets --stack/, stdout: JSON.stringify(Object.fromEntries(entries)) };
}

const whole = {
  "berth:nexus": nexus,
  "berth:gitlab": gitlab,
  "berth:servers": servers,
  "berth:apps": { blog },
};
const stackFile = (more: Record<string, unknown> = whole) =>
  `${Object.entries({ config: more })
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join("\n")}\n`;
const PROJECT = "runtime: nodejs\nmain: index.ts\n";
const stopped: EngineAnswer = { to: /^up/, stderr: "error: stopped here", code: 255 };

describe("settings that are not in the stack's file alone", function () {
  this.timeout(120_000);
  let project: ScriptedProject;
  afterEach(() => project.remove());
  const services = async (...args: string[]) =>
    JSON.parse((await project.berth(["ps", ...args, "--json"])).stdout);
  const names = (found: { name: string }[]) => found.map(({ name }) => name);

  it("are read as the engine has them: of an environment, below what the file says", async () => {
    const file = `environment: [team/dev]\nconfig:\n  berth:apps: { blog: { publish: 8081 } }\n`;
    project = new ScriptedProject({ "Pulumi.yaml": `name: berth\n${PROJECT}`, "Pulumi.dev.yaml": file });
    const merged = { ...whole, "berth:apps": { blog: { ...blog, publish: 8081 } } };
    const { code, stdout, stderr } = await project.berth(["ps", "dev", "--json"], [told(merged)]);
    assert.equal(code, 3, stderr); // nothing answers at those Dockers
    assert.deepEqual(names(JSON.parse(stdout)), ["nexus", "main-edge", "main-edge-8081", "main/blog"]);
    const update = await project.berth(["up", "dev"], [told(merged), stopped]);
    assert.match(update.stderr, /stopped here/);
    assert.doesNotMatch(update.stdout + update.stderr, /plain-as-the-day/);
  });

  it("are read as the engine has them: of Pulumi.yaml, where there is no file of the stack", async () => {
    project = new ScriptedProject({ "Pulumi.yaml": `name: berth\n${PROJECT}config: { berth:nexus: {} }\n` });
    const { stdout } = await project.berth(["ps", "dev", "--json"], [told(whole)]);
    assert.deepEqual(names(JSON.parse(stdout)), ["nexus", "main-edge", "main-edge-8080", "main/blog"]);
    await project.berth(["up", "dev"], [told(whole), stopped]);
    assert.ok(!project.calls.some((call) => call.startsWith("stack init")), "a mistaken name makes no stack");
  });

  it("are refused where they may be a secret of an environment, and repeated nowhere", async () => {
    project = new ScriptedProject({
      "Pulumi.yaml": `name: berth\n${PROJECT}`,
      "Pulumi.dev.yaml": "environment: [team/dev]\nconfig: {}\n",
      Dockerfile: "FROM scratch\n",
    });
    const secret = "plain-as-the-night";
    const more = {
      release: undefined,
      build: { args: { TOKEN: secret } },
      env: { TOKEN: secret },
      releaseCommand: ["migrate", secret],
      health: { command: [secret] },
    };
    const answer = told({ ...whole, "berth:apps": { blog: { ...blog, ...more } } });
    for (const command of ["up", "preview", "ps"]) {
      const { code, stdout, stderr } = await project.berth([command, "dev"], [answer]);
      assert.equal(code, 2, stderr);
      for (const place of ["build.args.TOKEN", "env.TOKEN", "releaseCommand.1", "health.command.0"])
        assert.ok(
          stderr.includes(`berth:apps.blog.${place}: it may be a secret: it is not in the stack's file`),
          stderr,
        );
      assert.doesNotMatch(stdout + stderr, /plain-as/);
      assert.ok(!project.calls.some((call) => /^(up|preview)/.test(call)));
    }
  });

  it("are taken in the same places where the file says them, and where no key of an environment holds a secret", async () => {
    const env = { MODE: "fast" };
    project = new ScriptedProject({
      "Pulumi.yaml": `name: berth\n${PROJECT}`,
      "Pulumi.dev.yaml": `environment: [team/dev]\nconfig: { berth:apps: { blog: { env: ${JSON.stringify(env)} } } }\n`,
    });
    const inFile = told({ ...whole, "berth:apps": { blog: { ...blog, env } } });
    const update = await project.berth(["up", "dev"], [inFile, stopped]);
    assert.match(update.stderr, /stopped here/);
    project.write("Pulumi.dev.yaml", "environment: [team/dev]\nconfig: {}\n");
    const noSecret = told({ ...whole, "berth:apps": { blog: { ...blog, env, secrets: {} } } });
    const other = await project.berth(["up", "dev"], [noSecret, stopped]);
    assert.match(other.stderr, /stopped here/);
  });

  it("are an error with the engine's reason where it can't tell them", async () => {
    project = new ScriptedProject({ "Pulumi.yaml": `name: berth\n${PROJECT}config: { berth:nexus: {} }\n` });
    const refusal = { to: /^config/, stderr: "error: no stack named 'dev' found\n", code: 255 };
    const { code, stderr } = await project.berth(["ps", "dev"], [refusal]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /settings of dev are not in its file alone .* can't tell them: no stack named 'dev' found$/m,
    );
  });

  it("can't be pinned by berth, which says where they are", async () => {
    const file = "environment: [team/dev]\nconfig: {}\n";
    project = new ScriptedProject({ "Pulumi.yaml": `name: berth\n${PROJECT}`, "Pulumi.dev.yaml": file });
    const built = { ...blog, build: { context: "." } };
    project.write("Dockerfile", "FROM scratch\n");
    const answer = told({ ...whole, "berth:apps": { blog: built } });
    const { code, stderr } = await project.berth(["up", "dev", "--unpin"], [answer]);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /settings of blog are not in .*Pulumi\.dev\.yaml but in an environment \(Pulumi ESC\)/,
    );
    assert.equal(project.read("Pulumi.dev.yaml"), file);
  });

  it("are not asked of the engine where the file has all of them: only the state is", async () => {
    project = new ScriptedProject({
      "Pulumi.yaml": `name: berth\n${PROJECT}`,
      "Pulumi.dev.yaml": stackFile(),
    });
    assert.deepEqual(names(await services("dev")), ["nexus", "main-edge", "main-edge-8080", "main/blog"]);
    assert.deepEqual(project.calls, ["stack export --stack dev"]);
  });

  it("are those of acme/dev in Pulumi.dev.yaml, and the engine is asked for acme/dev", async () => {
    project = new ScriptedProject({
      "Pulumi.yaml": `name: berth\n${PROJECT}`,
      "Pulumi.dev.yaml": stackFile(),
    });
    assert.deepEqual(names(await services("acme/dev")), [
      "nexus",
      "main-edge",
      "main-edge-8080",
      "main/blog",
    ]);
    const { stderr } = await project.berth(["up", "acme/dev"], [stopped]);
    assert.match(stderr, /stopped here/);
    const asked = project.calls.filter((call) => / --stack /.test(call));
    assert.ok(asked.length > 0);
    for (const call of asked) assert.match(call, /--stack acme\/dev/);
    const unknown = await project.berth(["up", "acme/prod"]);
    assert.match(
      unknown.stderr,
      /There is no stack "acme\/prod": no file .*Pulumi\.prod\.yaml\. Stacks here: dev\./,
    );
  });

  it("are found in a project of any name, in the folder and by the keys that it has for them", async () => {
    const config = Object.fromEntries(
      Object.entries(whole).map(([key, value]) => [`${key.replace(":", ":config:")}`, value]),
    );
    project = new ScriptedProject({
      "Pulumi.yaml": `name: blog-infra\nstackConfigDir: stacks\n${PROJECT}`,
      "stacks/Pulumi.dev.yaml": stackFile(config),
    });
    assert.deepEqual(names(await services("dev")), ["nexus", "main-edge", "main-edge-8080", "main/blog"]);
    const { stdout, stderr } = await project.berth(["preview", "dev", "--json"], [{ to: /^preview/ }]);
    assert.match(stdout, /"hash"/, stderr);
    const { code } = await project.berth(["preview", "dev", "--out", "change"], [{ to: /^preview/ }]);
    assert.equal(code, 0);
    assert.equal(JSON.parse(project.read("change/preview.json")).project, "blog-infra");
  });
});
