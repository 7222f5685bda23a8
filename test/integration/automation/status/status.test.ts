import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../../../support/stack/sandbox";
import { type EngineAnswer, ScriptedProject } from "../../../support/stack/scripted-project";

const digest = `sha256:${"1".repeat(64)}`;
const settings = (blog: object) =>
  `config: ${JSON.stringify({
    "berth:nexus": { hostname: "127.0.0.1", eula: "accepted" },
    "berth:gitlab": { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
    "berth:servers": { main: { docker: "unix:///run/nowhere.sock", address: "main.test" } },
    "berth:apps": { blog: { port: 80, publish: 8080, servers: ["main"], ...blog } },
  })}\n`;

function history(stack: string, tag: string, commit: string, result = "succeeded"): EngineAnswer {
  const message = `berth ${JSON.stringify({ apps: { blog: tag }, commit, who: "ann" })}`;
  const update = { kind: "update", startTime: "2026-11-30T15:21:07.000Z", message, result };
  return { to: new RegExp(`^stack history .*--stack ${stack}$`), stdout: JSON.stringify([update]) };
}

describe("berth alone", function () {
  this.timeout(120_000);
  let project: ScriptedProject;
  afterEach(() => project?.remove());

  it("says by git and the history what each stack runs and what has changed since; it asks no server", async () => {
    project = new ScriptedProject({
      "Pulumi.yaml": "name: shop\nruntime: nodejs\nmain: index.ts\n",
      "Pulumi.dev.yaml": settings({ build: { context: "app" } }),
      "Pulumi.prod.yaml": settings({ release: { tag: "v1", digest } }),
      "app/Dockerfile": "FROM scratch\n",
    });
    const commit = project.git("rev-parse", "HEAD");
    project.write("app/page", "new");
    project.git("add", "--all");
    project.git("commit", "--quiet", "--message", "A page");
    const answers = [history("dev", commit.slice(0, 12), commit), history("prod", "v1", commit)];
    const { code, stdout, stderr } = await project.berth([], answers);
    assert.equal(code, 0, stderr);
    const [title, , dev, , blog] = stdout.split("\n");
    assert.equal(title, `shop, in ${project.path}`);
    assert.equal(dev, "dev");
    assert.match(blog!, new RegExp(`^  blog  ${commit.slice(0, 12)}  2026-11-30 15:21 by ann  1 commit$`));
    assert.match(stdout, /\nprod\n.*\n {2}blog {2}v1 /);
    assert.match(stdout, / berth preview dev .*\n {2}berth up dev .*\n {2}berth promote dev prod /);
    const asked = await project.berth(["status", "--json"], answers);
    const { stacks, next } = JSON.parse(asked.stdout);
    assert.deepEqual([stacks[0].apps[0].commits, stacks[1].apps[0].isPinned, next.length], [1, true, 3]);
  });

  it("says of somebody else's image what the settings have, and asks nobody what its tag points to", async () => {
    const image = (name: string) => settings({ image: name });
    project = new ScriptedProject({
      "Pulumi.yaml": "name: shop\nruntime: nodejs\nmain: index.ts\n",
      "Pulumi.dev.yaml": image("redis:7"),
      "Pulumi.fixed.yaml": image(`redis:7@${digest}`),
      "Pulumi.next.yaml": image("redis:8"),
    });
    const tag = "7-111111111111";
    const answers = ["dev", "fixed", "next"].map((stack) => history(stack, tag, "0".repeat(40)));
    const { stdout } = await project.berth(["status", "--json"], answers);
    const { stacks } = JSON.parse(stdout);
    const next = stacks.map(({ apps }: { apps: { next: string }[] }) => apps[0]!.next);
    assert.deepEqual(next, [tag, tag, "8"]);
    const text = await project.berth([], answers);
    assert.match(text.stdout, /\nnext\n.*\n {2}blog {2}7-111111111111 .* the settings have 8\n/);
  });

  it("says of a stack that nobody has made, and of one that can't be asked, what to do", async () => {
    project = new ScriptedProject({
      "Pulumi.yaml": "name: shop\nruntime: nodejs\nmain: index.ts\n",
      "Pulumi.dev.yaml": settings({ build: { context: "." } }),
      "Pulumi.prod.yaml": settings({ release: { tag: "v1", digest } }),
    });
    const { code, stdout } = await project.berth(
      [],
      [
        { to: /^stack history .*--stack dev$/, stderr: "error: no stack named 'dev' found\n", code: 255 },
        { to: /^stack history .*--stack prod$/, stderr: "error: passphrase must be set\n", code: 255 },
      ],
    );
    assert.equal(code, 0);
    assert.match(stdout, /\ndev\n.*\n {2}blog {2}none\n/);
    assert.match(stdout, /\nprod\n {2}can't be looked at: .*passphrase must be set/);
    assert.match(stdout, / berth doctor prod .*\n {2}berth doctor dev .*\n {2}berth up dev /);
  });

  it("finds the stacks where the project keeps their files", async () => {
    project = new ScriptedProject({
      "Pulumi.yaml": "name: shop\nruntime: nodejs\nmain: index.ts\nstackConfigDir: stacks\n",
      "stacks/Pulumi.prod.yaml": settings({ release: { tag: "v1", digest } }),
    });
    const { stdout } = await project.berth([], [history("prod", "v1", "0".repeat(40))]);
    assert.match(stdout, /\nprod\n.*\n {2}blog {2}v1 /);
  });

  it("says outside of a project how one begins", async () => {
    const { code, stdout } = await run(
      [process.execPath, join(root, "automation", "berth.cjs")],
      process.env,
      tmpdir(),
    );
    assert.equal(code, 0);
    assert.match(stdout, /^No Pulumi project in [\s\S]* berth init /);
  });
});
