import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ensureApiToken } from "../../../sandbox/gitlab/access-tokens";
import type { PipelineResult } from "../../../sandbox/gitlab/runner/pipeline";
import { defaultPlaces, gitlabDir } from "../../../sandbox/lib/places";
import { isShared } from "../../../sandbox/server/start";
import {
  berth,
  commit,
  copy,
  git,
  health,
  prodHealth,
  type Ran,
  root,
  run,
  sandboxEnv,
} from "../../support/sandbox";

const GITLAB = "http://127.0.0.1:8929";
const PROJECT = "team/blog";
const VERSION = "2.3.0";

/** The pipeline as shipped, on the demo's copy, in the order in which a change goes through it. */
export function gitlabPipelines(): void {
  let deployed: number;

  const skip = () => isShared(defaultPlaces); // prod needs the second Docker host

  it("a merge request's pipeline checks, tests and leaves the change as a note", async function () {
    if (skip()) this.skip();
    await push("main");
    // Lint and one test file stand for the checks: Berth's own are what runs this.
    withInputs("check: npm run lint, test: npx mocha test/unit/fences.test.ts");
    commit("app/VERSION", () => `${VERSION}\n`, `Version ${VERSION}`);
    await push("change");
    const wish = {
      title: "A change",
      source_branch: "change",
      target_branch: "main",
      sha: git("rev-parse", "HEAD"),
    };
    const { iid } = await api("POST", "/merge_requests", wish);
    const ran = await pipeline("--source", "merge_request_event", "--merge-request", String(iid));
    const { jobs } = resultOf(ran);
    const ended = statuses(jobs);
    assert.deepEqual(ended, {
      ...{ "berth-check": "success", "berth-test": "success", "berth-preview": "success" },
      "whole-suite": "manual",
    });
    const [note] = await api("GET", `/merge_requests/${iid}/notes?sort=asc`);
    assert.match(note.body, /^<!-- berth:change /);
    assert.match(
      note.body,
      new RegExp(`→ \`${git("rev-parse", "--short=12", "HEAD")}\` \\(built by the update\\)`),
    );
    assert.ok(!ran.stderr.includes(sandboxEnv()["BERTH_GITLAB_TOKEN"]!), "no token in the log");
  });

  it("the default branch's builds and deploys dev, and shows what prod would be", async function () {
    if (skip()) this.skip();
    // Packages were installed from nothing three times by now: a copy of them is as good for the rest.
    withInputs(
      `check: "true", test: "true", install: cp -a ${join(root, "node_modules")} . && node automation/link.cjs`,
    );
    await push("main");
    const { id, jobs } = resultOf(await pipeline("--source", "push"));
    deployed = id;
    assert.deepEqual(statuses(jobs), {
      ...{ "berth-check": "success", "berth-test": "success", "berth-deploy-dev": "success" },
      ...{ "berth-diff-prod": "success", "berth-deploy-prod": "manual" },
    });
    assert.equal((await health()).version, VERSION);
    const { dotenv, url } = jobs["berth-deploy-dev"]!;
    const { release, url: address } = (await outputs("dev")).apps.blog;
    assert.deepEqual(
      [dotenv["BERTH_DIGEST"], dotenv["BERTH_BLOG_TAG"], url],
      [release.digest, release.tag, address],
    );
  });

  it("prod's job, started later, promotes that digest, builds nothing, and commits the release", async function () {
    if (skip()) this.skip();
    const ran = await pipeline("--pipeline", String(deployed), "--job", "berth-deploy-prod");
    const { jobs } = resultOf(ran);
    assert.equal(jobs["berth-deploy-prod"]!.status, "success", ran.stderr);
    assert.doesNotMatch(ran.stderr, /blog-image/, "nothing is built");
    assert.equal((await prodHealth()).version, VERSION);
    const [dev, prod] = [await outputs("dev"), await outputs("prod")];
    assert.deepEqual(prod.apps.blog.release, dev.apps.blog.release);
    assert.equal(jobs["berth-deploy-prod"]!.url, prod.apps.blog.url);
    const { content } = await api("GET", "/repository/files/Pulumi.prod.yaml?ref=main");
    const committed = parse(Buffer.from(content, "base64").toString("utf8"));
    assert.equal(committed.config["berth:apps"].blog.release.digest, dev.apps.blog.release.digest);
    assert.notDeepEqual(committed, parse(readFileSync(join(copy, "Pulumi.prod.yaml"), "utf8")));
    // As a developer would before the next change.
    const pulled = await run(
      ["git", "pull", "--quiet", "--ff-only", `${GITLAB}/${PROJECT}.git`, "main"],
      sandboxEnv(),
      copy,
    );
    assert.equal(pulled.code, 0, pulled.stderr);
  });

  it("a nightly one finds no drift, then what somebody did by hand, and opens an issue", async function () {
    if (skip()) this.skip();
    const nightly = () =>
      pipeline("--source", "schedule", "--set", "BERTH_SCHEDULE=drift", "--job", "berth-drift-dev");
    assert.equal(resultOf(await nightly()).jobs["berth-drift-dev"]!.status, "success");
    const SERVER = "unix:///run/berth/server.sock";
    const docker = (...args: string[]) =>
      execFileSync("docker", ["-H", SERVER, ...args], { encoding: "utf8" }).trim();
    const container = docker(
      "ps",
      "--quiet",
      "--filter",
      "label=berth.stack=dev",
      "--filter",
      "label=berth.app=blog",
    );
    docker("update", "--restart", "no", container);
    const ran = await nightly();
    const { status, exitCode } = resultOf(ran).jobs["berth-drift-dev"]!;
    assert.deepEqual([status, exitCode, ran.code], ["failed", 3, 1], ran.stderr);
    const issues = (await api("GET", "/issues?state=opened")) as { title: string }[];
    assert.equal(issues.filter(({ title }) => /dev/.test(title)).length, 1, JSON.stringify(issues));
    const before = docker("inspect", "--format", "{{.HostConfig.RestartPolicy.Name}}", container);
    assert.equal(before, "no");
    assert.equal((await berth(["refresh", "dev"])).code, 0);
    assert.equal((await berth(["up", "dev"])).code, 0);
  });
}

/** Commits other inputs of the component. */
function withInputs(inputs: string): void {
  const include = /local: templates\/berth\.yml(\n {4}inputs: .*)?/;
  const text = `local: templates/berth.yml\n    inputs: { ${inputs} }`;
  commit(".gitlab-ci.yml", (before) => before.replace(include, text), "Other inputs of the pipeline");
}

/** Runs a pipeline of the copy's last commit, with this machine's cache of npm. */
function pipeline(...args: string[]): Promise<Ran> {
  const cache = execFileSync("npm", ["config", "get", "cache"], { encoding: "utf8" }).trim();
  const command = [process.execPath, join(copy, "automation", "berth.cjs"), "sandbox", "pipeline", "--json"];
  return run([...command, "--set", `npm_config_cache=${cache}`, ...args], sandboxEnv(), copy);
}

function resultOf({ stdout, stderr }: Ran): PipelineResult {
  assert.match(stdout, /^\{/, stderr);
  const result = JSON.parse(stdout) as PipelineResult;
  const failed = Object.entries(result.jobs).filter(
    ([, { status, exitCode }]) => status === "failed" && exitCode !== 3,
  );
  assert.deepEqual(failed, [], stderr);
  return result;
}

const statuses = (jobs: PipelineResult["jobs"]) =>
  Object.fromEntries(Object.entries(jobs).map(([name, { status }]) => [name, status]));

async function push(branch: string): Promise<void> {
  const pushed = await run(
    ["git", "push", "--quiet", `${GITLAB}/${PROJECT}.git`, `HEAD:refs/heads/${branch}`],
    sandboxEnv(),
    copy,
  );
  assert.equal(pushed.code, 0, pushed.stderr);
}

async function outputs(stack: string) {
  return JSON.parse((await berth(["outputs", stack, "--json"])).stdout);
}

async function api(method: string, path: string, body?: object) {
  const { token } = ensureApiToken(gitlabDir(defaultPlaces), PROJECT, "developer", { accessLevel: 30 });
  const answer = await fetch(`${GITLAB}/api/v4/projects/${encodeURIComponent(PROJECT)}${path}`, {
    method,
    headers: { "private-token": token, ...(body && { "content-type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}
