import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { ensureApiToken } from "../../../sandbox/gitlab/access-tokens";
import { defaultPlaces, gitlabDir } from "../../../sandbox/lib/places";
import { isShared } from "../../../sandbox/server/start";
import { NpmRegistry } from "../../support/package/npm-registry";
import { packBerth } from "../../support/package/team-project";
import { Page } from "../../support/page";
import { readersShell } from "../../support/stack/reader";
import { demo, docker, health, type Ran, root, SERVER, whyNoSandbox } from "../../support/stack/sandbox";

const PROJECT = "team/blog";
const GITLAB = "http://127.0.0.1:8929";
const WHO = { NAME: "Ann", EMAIL: "ann@berth.invalid" };

/** docs/gitlab.md typed from its first command to its last, from a sandbox in which nothing was done yet. */
describe("a newcomer with docs/gitlab.md", () => {
  const checkout = mkdtempSync(join(tmpdir(), "berth-checkout-"));
  const packed = mkdtempSync(join(tmpdir(), "berth-packed-"));
  const registry = new NpmRegistry();
  let page: Page;

  before(async function () {
    const why = whyNoSandbox();
    if (why) {
      console.log(`  skipped: ${why}`);
      this.skip();
    }
    takeCheckout(checkout);
    await registry.start();
    registry.publish(packBerth(packed));
    const shell = registry.environment(newcomer());
    page = new Page("docs/gitlab.md", "From an empty project to a deployed app", checkout, shell);
  });

  after(async () => {
    if (page) {
      rmSync(dirname(dirname(page.place)), { recursive: true, force: true });
      page.remove();
      const down = await demo("down");
      assert.equal(down.code, 0, down.stderr);
    }
    await registry.stop();
    for (const folder of [checkout, packed]) rmSync(folder, { recursive: true, force: true });
  });

  /** Types what stands under a heading. Without the second Docker host there is no prod, and the rest is another page. */
  async function types(this: Mocha.Context, heading: string): Promise<Ran> {
    if (heading !== "" && isShared(defaultPlaces)) this.skip();
    const ran = { code: 0, stdout: "", stderr: "" };
    for (const commands of page.commands.get(heading)!) {
      const { code, stdout, stderr } = await page.type(commands);
      assert.equal(code, 0, `${commands}\n${stdout}\n${stderr}`);
      ran.stdout += stdout;
      ran.stderr += stderr;
    }
    assert.ok(!ran.stderr.includes(token()), "no token in what is printed");
    return ran;
  }

  const ended = ({ stdout }: Ran) =>
    Object.fromEntries([...stdout.matchAll(/^ {2}\S (\S+) {2}(\w+)/gm)].map(([, job, how]) => [job!, how!]));
  const git = (...args: string[]) => execFileSync("git", args, { cwd: page.place, encoding: "utf8" }).trim();
  const outputs = async (stack: string) =>
    JSON.parse((await page.type(`npx berth outputs ${stack} --json`)).stdout);

  it("has the commands of every step", () => {
    const blocks = [...page.commands].map(([heading, { length }]) => [heading.split(".")[0], length]);
    assert.deepEqual(blocks, [
      ["", 1],
      ["1", 3],
      ["2", 2],
      ["3", 1],
      ["4", 3],
      ["5", 2],
      ["6", 1],
      ["7", 1],
    ]);
  });

  it("comes from nothing to a project with settings, a pipeline and two stacks", async function () {
    const headings = ["", "1. The package", "2. The settings", "3. State and secrets"];
    for (const heading of headings) await types.call(this, heading);
    const salts = ["dev", "prod"].map((stack) =>
      /^encryptionsalt: /m.test(git("show", `HEAD:./Pulumi.${stack}.yaml`)),
    );
    assert.deepEqual(salts, [true, true]);
  });

  it("deploys by the first push", async function () {
    const ran = await types.call(this, "4. The first deployment");
    const jobs = { "berth-check": "success", "berth-test": "success", "berth-deploy-dev": "success" };
    assert.deepEqual(ended(ran), {
      ...jobs,
      "berth-diff-prod": "success",
      "berth-deploy-prod": "manual",
      "berth-rollback-prod": "manual",
    });
    assert.match(ran.stdout, /"version": ?"1\.0\.0"/);
    const pushed = await page.type("git ls-remote origin main");
    assert.equal(pushed.stdout.split("\t")[0], git("rev-parse", "HEAD"), pushed.stderr);
  });

  it("sees a change in the merge request before it is made, and after it was", async function () {
    const ran = await types.call(this, "5. A change, seen before it is made");
    const { "berth-preview": preview, "berth-deploy-dev": deployed } = ended(ran);
    assert.deepEqual([preview, deployed], ["success", "success"]);
    assert.equal((await health()).version, "1.1.0");
    const tag = git("rev-parse", "--short=12", "HEAD");
    const [change, update, ...others] = await notes(1);
    assert.match(change!, /^<!-- berth:change /);
    assert.match(change!, new RegExp(`→ \`${tag}\` \\(built by the update\\)`));
    assert.match(update!, /^<!-- berth:update [^\n]*\n\*\*Deployed\*\*/);
    assert.match(update!, new RegExp(`→ \`${tag}\` \\(\`sha256:`));
    assert.deepEqual(others, []);
  });

  it("promotes that to production by hand, builds nothing there, and has the release in git", async function () {
    const ran = await types.call(this, "6. Production");
    assert.equal(ended(ran)["berth-deploy-prod"], "success");
    assert.doesNotMatch(ran.stderr, /docker:index:Image/, "nothing is built");
    const [dev, prod] = [await outputs("dev"), await outputs("prod")];
    assert.deepEqual(prod.apps.blog.release, dev.apps.blog.release);
    const pinned = parse(readFileSync(join(page.place, "Pulumi.prod.yaml"), "utf8"));
    assert.deepEqual(pinned.config["berth:apps"].blog.release, { ...dev.apps.blog.release, from: "dev" });
    assert.match(git("log", "-1", "--format=%s"), /^Release blog \w+ to prod \[skip ci\]$/);
  });

  it("has the way back as a job of the same pipeline, which is told the release by its digest", async () => {
    const { release } = (await outputs("prod")).apps.blog;
    const job = '"$BERTH/node_modules/.bin/berth" sandbox pipeline --pipeline last --job berth-rollback-prod';
    const none = await page.type(`${job} --set BERTH_RELEASE=sha256:${"0".repeat(64)}`);
    assert.match(none.stdout + none.stderr, /blog can't go back to sha256:0+\. /);
    const same = await page.type(`${job} --set BERTH_RELEASE=${release.digest}`);
    assert.equal(ended(same)["berth-rollback-prod"], "success", same.stderr);
    assert.deepEqual((await outputs("prod")).apps.blog.release, release);
  });

  it("is told of drift every night: of none, then of what somebody did by hand", async function () {
    const ran = await types.call(this, "7. Every night");
    assert.deepEqual(ended(ran), { "berth-drift-dev": "success", "berth-drift-prod": "success" });
    const [nightly] = page.commands.get("7. Every night")!;
    const of = ["label=berth.stack=dev", "label=berth.app=blog"].flatMap((label) => ["--filter", label]);
    const [container] = docker(["ps", "--quiet", ...of], SERVER);
    docker(["update", "--restart", "no", container!], SERVER);
    const found = await page.type(`${nightly!.trim()} --job berth-drift-dev`);
    assert.equal(found.code, 1, found.stderr);
    assert.match(found.stdout, /berth-drift-dev {2}failed, exit code 3/);
    const issues = (await api("/issues?state=opened")) as { title: string }[];
    assert.equal(issues.filter(({ title }) => /dev/.test(title)).length, 1, JSON.stringify(issues));
  });

  it("has a page of both stacks for GitLab Pages, as docs/report.md says", async () => {
    const [nightly] = page.commands.get("7. Every night")!;
    const reported = await page.type(nightly!.replace("=drift", "=report"));
    const jobs = { "berth-report-dev": "success", "berth-report-prod": "success", pages: "success" };
    assert.deepEqual(ended(reported), jobs, reported.stderr);
    const handed = (file: string) => {
      const args = [gitlabDir(defaultPlaces), "-path", `*/artefacts/pages/public/${file}`];
      const [found] = execFileSync("find", args, { encoding: "utf8" }).split("\n");
      return readFileSync(found!, "utf8");
    };
    assert.match(handed("index.html"), /<a href="dev\/">dev<\/a>.*<a href="prod\/">prod<\/a>/);
    const { tag } = (await outputs("prod")).apps.blog.release;
    for (const stack of ["dev", "prod"]) assert.ok(handed(`${stack}/index.html`).includes(tag), stack);
  });

  it("has old releases deleted every week, none of those that can still be wanted", async function () {
    if (isShared(defaultPlaces)) this.skip();
    const [nightly] = page.commands.get("7. Every night")!;
    const weekly = await page.type(nightly!.replace("=drift", "=cleanup"));
    const jobs = { "berth-cleanup-dev": "success", "berth-cleanup-prod": "success" };
    assert.deepEqual(ended(weekly), jobs, weekly.stderr);
    const { tag } = (await outputs("dev")).apps.blog.release;
    const log = weekly.stderr;
    assert.match(log, new RegExp(`berth-cleanup-dev \\|   ${tag} stays: `), log);
    assert.match(log, new RegExp(`berth-cleanup-prod \\|   ${tag} stays: `), log);
    assert.doesNotMatch(log, /[1-9]\d* tags? deleted/, log);
  });
});

/** Berth's checkout as a newcomer has it, with what isn't committed yet, and its packages installed. */
function takeCheckout(folder: string): void {
  const git = (...args: string[]) => {
    const who = ["-c", `user.name=${WHO.NAME}`, "-c", `user.email=${WHO.EMAIL}`];
    return execFileSync("git", ["-C", folder, ...who, ...args], { encoding: "utf8" });
  };
  const list = ["-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const copy = `git ${list.map((word) => `'${word}'`).join(" ")} | xargs -0 -I{} sh -c '[ ! -e "{}" ] || cp --parents -a "{}" "$0"' "${folder}"`;
  execFileSync("bash", ["-c", copy], { cwd: root });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Berth");
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

/** A newcomer's shell: nothing of the tests' own. */
function newcomer(): NodeJS.ProcessEnv {
  const left = Object.entries(readersShell(process.env)).filter(([name]) => !/^(GITLAB|GIT)_/.test(name));
  const who = ["AUTHOR", "COMMITTER"].flatMap((role) =>
    Object.entries(WHO).map(([what, value]) => [`GIT_${role}_${what}`, value]),
  );
  return Object.fromEntries([...left, ...who]);
}

const token = () => ensureApiToken(gitlabDir(defaultPlaces), PROJECT, "berth", { accessLevel: 40 }).token;

async function api(path: string) {
  const reader = ensureApiToken(gitlabDir(defaultPlaces), PROJECT, "reader", { accessLevel: 20 });
  const url = `${GITLAB}/api/v4/projects/${encodeURIComponent(PROJECT)}${path}`;
  const answer = await fetch(url, { headers: { "private-token": reader.token } });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

const notes = async (iid: number): Promise<string[]> =>
  (await api(`/merge_requests/${iid}/notes?sort=asc`)).map(({ body }: { body: string }) => body);
