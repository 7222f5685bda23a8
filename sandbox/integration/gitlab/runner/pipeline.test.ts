import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { take } from "../../../gitlab/runner/held";
import { type PipelineArgs, runPipeline } from "../../../gitlab/runner/pipeline";

/** Small pipelines of shell scripts, run for real. */
describe("the runner of .gitlab-ci.yml", () => {
  let dir: string;
  let log: string[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "berth-runner-"));
    log = [];
  });

  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const git = (...args: string[]) => {
    const who = ["-c", "user.name=test", "-c", "user.email=test@berth.invalid"];
    return execFileSync("git", ["-C", join(dir, "repository"), ...who, ...args], { encoding: "utf8" }).trim();
  };

  /** Runs the pipeline of a commit with these files. */
  async function run(files: Record<string, string>, over: Partial<PipelineArgs> = {}) {
    const repository = join(dir, "repository");
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(repository, name)), { recursive: true });
      writeFileSync(join(repository, name), text);
    }
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", "--message", "A commit");
    return runPipeline({
      repository,
      home: join(dir, "home"),
      variables: [],
      given: {},
      secrets: [],
      only: [],
      wish: {
        source: "push",
        commit: git("rev-parse", "HEAD"),
        title: "A commit",
        branch: "main",
        defaultBranch: "main",
      },
      instance: {
        url: "http://127.0.0.1:1",
        registry: "127.0.0.1:2",
        project: "team/blog",
        projectId: 7,
        registryUser: "gitlab-ci-token",
        jobToken: "glcbt-the-token-of-the-job",
      },
      isProtected: true,
      environment: { PATH: process.env["PATH"], HOME: dir },
      log: (job, line) => log.push(`${job} | ${line}`),
      ...over,
    });
  }

  const statuses = (result: Awaited<ReturnType<typeof run>>) =>
    Object.fromEntries(Object.entries(result.jobs).map(([name, { status }]) => [name, status]));

  it("passes artefacts and reports on, in the order of stages and needs, each job in a checkout of its own", async () => {
    const result = await run({
      ".gitlab-ci.yml": `
include: [{ local: /parts/deploy.yml, inputs: { where: prod } }]
stages: [build, deploy]
default: { before_script: [export STARTED=yes] }
variables: { GREETING: "hello $CI_PROJECT_PATH" }
make:
  stage: build
  script: ["[ $STARTED = yes ]", "mkdir out && echo $GREETING > out/made", "echo stray > stray", "echo URL=http://made/ > r.env"]
  artifacts: { paths: [out/], reports: { dotenv: r.env } }
unneeded: { stage: build, script: [mkdir out, echo other > out/other], artifacts: { paths: [out] } }
`,
      "parts/deploy.yml": `
spec: { inputs: { where: {} } }
---
"deploy-$[[ inputs.where ]]":
  stage: deploy
  needs: [make]
  environment: { name: "$[[ inputs.where ]]", url: $URL/app }
  script: ["cat out/made; ls out; [ ! -e stray ]", "echo to $CI_ENVIRONMENT_NAME at $URL of \${CI_COMMIT_SHA:0:4}"]
`,
    });
    assert.deepEqual(statuses(result), { make: "success", unneeded: "success", "deploy-prod": "success" });
    assert.equal(result.jobs["deploy-prod"]!.url, "http://made//app");
    const said = log.filter((line) => line.startsWith("deploy-prod | ") && !line.includes("| $ "));
    const short = git("rev-parse", "HEAD").slice(0, 4);
    assert.deepEqual(said, [
      "deploy-prod | hello team/blog",
      "deploy-prod | made",
      `deploy-prod | to prod at http://made/ of ${short}`,
    ]);
    assert.deepEqual(readdirSync(join(dir, "home", "builds")), [], "no checkout is left");
  });

  it("plays a manual job on request, later, with the artefacts of its pipeline", async () => {
    const files = {
      ".gitlab-ci.yml": `
diff: { stage: test, script: [echo reviewed > diff.txt], artifacts: { paths: [diff.txt] } }
apply: { stage: deploy, needs: [diff], rules: [{ when: manual }], script: [cat diff.txt] }
after: { stage: deploy, needs: [apply], script: [echo after] }
`,
    };
    await assert.rejects(run(files, { only: ["apply"] }), /apply waits for diff, which did not run/);
    const first = await run(files);
    assert.deepEqual(statuses(first), { diff: "success", apply: "manual", after: "skipped" });
    const commit = git("rev-parse", "HEAD");
    // A pipeline stays of its commit, whatever was committed since.
    const second = await run(
      { ".gitlab-ci.yml": "other: { script: [x] }" },
      { only: ["apply"], id: first.id },
    );
    assert.notEqual(git("rev-parse", "HEAD"), commit);
    assert.deepEqual(statuses(second), { diff: "success", apply: "success", after: "skipped" });
    assert.ok(log.includes("apply | reviewed"));
  });

  it("goes on after failures that are allowed, and not after others; what comes after a script sees how it ended", async () => {
    const result = await run({
      ".gitlab-ci.yml": `
warns: { stage: build, script: [exit 3], allow_failure: { exit_codes: [3] }, after_script: [echo it was $CI_JOB_STATUS; exit 1] }
goes-on: { stage: test, script: [echo on] }
fails: { stage: test, script: ["false | cat", echo never], allow_failure: { exit_codes: [3] } }
stops: { stage: deploy, script: [echo no] }
tells: { stage: deploy, script: [echo sorry], when: on_failure }
`,
    });
    assert.deepEqual(statuses(result), {
      warns: "warning",
      "goes-on": "success",
      fails: "failed",
      stops: "skipped",
      tells: "success",
    });
    assert.deepEqual([result.jobs["warns"]!.exitCode, result.jobs["fails"]!.exitCode], [3, 1]);
    assert.ok(log.includes("warns | it was failed"));
    assert.ok(!log.includes("fails | never"), "bash runs with pipefail");
  });

  it("holds up later stages behind a manual job that may not be left out", async () => {
    const result = await run({
      ".gitlab-ci.yml": `
gate: { stage: test, rules: [{ when: manual }], script: [echo gate] }
later: { stage: deploy, script: [echo later] }
`,
    });
    assert.deepEqual(statuses(result), { gate: "manual", later: "skipped" });
  });

  it("gives a job the project's variables by their scope, stronger than the file's, and hides the masked ones", async () => {
    const file = "a line\nand another\n";
    const variable = { variable_type: "env_var", protected: false, masked: false, raw: false } as const;
    const script = ["echo $WHERE $TOKEN $RAW", "cat $FILE", "echo $CI_JOB_TOKEN"];
    await run(
      {
        ".gitlab-ci.yml": JSON.stringify({
          variables: { WHERE: "file", RAW: "x" },
          job: { script, environment: "dev", variables: { WHERE: "job" } },
        }),
      },
      {
        variables: [
          { ...variable, key: "WHERE", value: "of dev", environment_scope: "dev" },
          { ...variable, key: "TOKEN", value: "a-masked-token", masked: true, environment_scope: "*" },
          { ...variable, key: "RAW", value: "$WHERE", raw: true, environment_scope: "*" },
          { ...variable, key: "FILE", value: file, variable_type: "file", environment_scope: "*" },
        ],
      },
    );
    const said = log.filter((line) => !line.includes("| $ ")).map((line) => line.slice("job | ".length));
    assert.deepEqual(said, ["of dev [MASKED] $WHERE", "a line", "and another", "[MASKED]"]);
  });

  it("keeps caches by their key's files", async () => {
    const files = (lock: string) => ({
      lock,
      ".gitlab-ci.yml": `
job: { cache: { key: { files: [lock] }, paths: [kept/] }, script: [mkdir -p kept; ls kept; touch kept/$CI_PIPELINE_ID] }
`,
    });
    await run(files("one"));
    await run(files("one"));
    await run(files("two"));
    const said = log.filter((line) => !line.includes("| $ "));
    assert.deepEqual(said, ["job | 1"], "the second run alone found what the first had kept");
  });

  it("waits for a resource group that another process holds", async () => {
    const groups = join(dir, "home", "resource-groups");
    assert.ok(take(groups, "prod"));
    const running = run({ ".gitlab-ci.yml": "job: { resource_group: prod, script: [echo mine] }" });
    while (log.length === 0) await sleep(10);
    assert.deepEqual(log, ["job | Waiting for resource: prod"]);
    rmSync(join(groups, "prod.lock"));
    const result = await running;
    assert.deepEqual(statuses(result), { job: "success" });
  });

  const REFUSED: Readonly<Record<string, readonly [yaml: string, words: RegExp]>> = {
    services: [
      "job: { script: [x], services: [postgres] }",
      /job job: the sandbox's runner doesn't do services/,
    ],
    parallel: ["job: { script: [x], parallel: 3 }", /doesn't do parallel/],
    trigger: ["job: { trigger: { include: x.yml } }", /doesn't do trigger/],
    "rules with changes": ["job: { script: [x], rules: [{ changes: [a] }] }", /rules with changes/],
    "a remote include": [
      "include: [{ remote: https://x/y.yml }]\njob: { script: [x] }",
      /local files alone, not remote/,
    ],
    "a stage that isn't there": [
      "job: { stage: ship, script: [x] }",
      /there is no stage ship; stages: \.pre, build/,
    ],
    "a need that isn't there": ["job: { script: [x], needs: [other] }", /'job' job needs 'other' job, but/],
    "jobs that need one another": [
      "a: { script: [x], needs: [b] }\nb: { script: [x], needs: [a] }",
      /a needs b needs a/,
    ],
    "a job without a script": ["job: { stage: test }", /it has no script/],
    "an unknown parent": ["job: { extends: .no, script: [x] }", /there is no job \.no/],
    "!reference": ["job: { script: !reference [.a, script] }", /Unresolved tag: !reference/],
    "an artefact outside of the checkout": [
      "job: { script: [x], artifacts: { paths: [../x] } }",
      /not \.\.\/x/,
    ],
    "a commit that no rule takes": [
      "job: { script: [x], rules: [{ if: $NO }] }",
      /There is no pipeline for this/,
    ],
    "a workflow that takes none": [
      "workflow: { rules: [{ if: $NO }] }\njob: { script: [x] }",
      /There is no pipeline for this/,
    ],
  };
  for (const [what, [yaml, words]] of Object.entries(REFUSED)) {
    it(`refuses ${what}, by its name`, async () => {
      await assert.rejects(run({ ".gitlab-ci.yml": yaml }), words);
    });
  }
});
