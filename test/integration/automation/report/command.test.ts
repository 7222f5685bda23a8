import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Part, StackReport } from "../../../../automation/report/stack-report";
import { ProjectCopy } from "../../../support/stack/project-copy";
import { pulumiEnvironment, whyNoPulumi } from "../../../support/stack/sandbox-pulumi";

/** The command itself with a real engine, on a stack of which nothing else can be asked. */
describe("berth report where hardly anything answers", function () {
  this.timeout(300_000);
  let project: ProjectCopy;
  let env: NodeJS.ProcessEnv;

  before(function () {
    const why = whyNoPulumi();
    if (why !== undefined) {
      console.log(`  skipped: ${why}`);
      this.skip();
    }
    project = new ProjectCopy();
    const home = join(project.directory, "home");
    env = {
      ...pulumiEnvironment(home),
      HOME: home,
      PULUMI_BACKEND_URL: `file://${join(project.directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: project.passphrase,
      BERTH_GITLAB_TOKEN: "",
    };
    project.edit("Pulumi.dev.yaml", (text) => text.replaceAll(/unix:\S+/g, "unix:///nowhere/docker.sock"));
    const options = { cwd: project.project, env: { ...process.env, ...env } };
    execFileSync("pulumi", ["stack", "init", "dev"], { ...options, stdio: "pipe" });
  });

  after(() => project?.remove());

  const problem = <T>(part: Part<T>): string =>
    "problem" in part ? part.problem : assert.fail("it was asked");

  it("says of each part why it isn't known, writes the page all the same, and succeeds", async () => {
    writeFileSync(join(project.project, "drift.json"), "");
    const args = ["report", "dev", "--out", "pages/dev", "--drift", "drift.json", "--json"];
    const { code, stdout, stderr } = await project.berth(args, env);
    assert.equal(code, 0, stderr);
    const report: StackReport = JSON.parse(stdout);
    assert.deepEqual([report.project, report.stack], ["berth", "dev"]);
    const services = "found" in report.services ? report.services.found : [];
    assert.deepEqual([...new Set(services.map(({ state }) => state))], ["unreachable"]);
    assert.deepEqual(report.apps, { found: [{ app: "blog", releases: [], back: [] }] });
    assert.deepEqual(report.certificates, { found: [] });
    const [gitlab, nexus] = report.registries.map(({ holds }) => problem(holds));
    assert.match(gitlab!, /Looking at the tags in GitLab's registry .*BERTH_GITLAB_TOKEN/);
    assert.match(nexus!, /has no Nexus yet: its outputs name none\. Run: berth up dev/);
    assert.match(problem(report.nexus), /has no Nexus yet/);
    assert.match(problem(report.drift), /drift\.json could not be read as the result of a run/);
    const page = readFileSync(join(project.project, "pages", "dev", "index.html"), "utf8");
    assert.equal(page.match(/<b>Not known\.<\/b>/g)?.length, 4);
    assert.doesNotMatch(stdout + page, /nowhere\/docker\.sock|127\.0\.0\.1/);
  });

  it("has addresses in it where they are asked for", async () => {
    const { code, stdout, stderr } = await project.berth(["report", "dev", "--addresses", "--json"], env);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /unix:\/\/\/nowhere\/docker\.sock/);
    assert.ok(!existsSync(join(project.project, "public")));
  });

  it("asks where the page is to go", async () => {
    const { code, stderr } = await project.berth(["report", "dev"], env);
    assert.equal(code, 2);
    assert.match(stderr, /Nothing says where the page goes: --out FOLDER, --open, or --json\./);
  });

  it("serves it until it is told to end", async () => {
    const berth = join(project.project, "automation", "berth.cjs");
    const child = spawn(process.execPath, [berth, "report", "dev", "--open"], {
      cwd: project.project,
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "close");
    let said = "";
    for await (const chunk of child.stderr) {
      said += chunk;
      if (said.includes("Ctrl-C")) break;
    }
    const [url = ""] = /http:\S+\//.exec(said) ?? assert.fail(said);
    assert.match(await (await fetch(url)).text(), /<h2 id="running">What runs now<\/h2>/);
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
  });
});
