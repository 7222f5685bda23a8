import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readConfiguration } from "../../../sandbox/gitlab/runner/configuration";
import { readJobs } from "../../../sandbox/gitlab/runner/job";
import { type PlannedJob, plan } from "../../../sandbox/gitlab/runner/plan";
import { berthCalls } from "./berth-calls";
import { problemsOf } from "./validate";

const root = join(__dirname, "..", "..", "..");
const component = readFileSync(join(root, "templates", "berth.yml"), "utf8");
const own = readFileSync(join(root, ".gitlab-ci.yml"), "utf8");
const HIDDEN = [".berth", ".berth-deploy", ".berth-scheduled"];

describe("the pipeline's files", () => {
  it("hold what GitLab knows, and calls of berth that parse: the component", async () => {
    assert.deepEqual(await problemsOf(component), []);
  });

  it("hold what GitLab knows: the repository's own", async () => {
    assert.deepEqual(await problemsOf(own, HIDDEN), []);
  });

  it("are looked through: every call of berth is found, with and without what a token adds", () => {
    const line =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as a shell has it
      'npx berth up "dev" ${TOKEN:+--note} && npx berth outputs "dev" ${APP:+--app "$APP"} --dotenv berth.env';
    assert.deepEqual(
      berthCalls(line)
        .map((call) => call.join(" "))
        .sort(),
      [
        ...["outputs dev --app $APP --dotenv berth.env", "outputs dev --app $APP --dotenv berth.env"],
        ...["outputs dev --dotenv berth.env", "outputs dev --dotenv berth.env"],
        ...["up dev", "up dev", "up dev --note", "up dev --note"],
      ],
    );
    assert.deepEqual(berthCalls("npx berth drift dev --json > drift.json || true"), [
      ["drift", "dev", "--json"],
    ]);
  });

  /** One mistake each, and what has to be said of it. */
  const MISTAKES: readonly (readonly [mistake: string, from: string | RegExp, to: string, words: RegExp])[] =
    [
      ["an unknown flag", "--dotenv berth.env", "--dot-env berth.env", /unknown option '--dot-env'/],
      [
        "a flag that only a token adds",
        "{BERTH_GITLAB_TOKEN:+--note}",
        "{BERTH_GITLAB_TOKEN:+--notes}",
        /unknown option '--notes'/,
      ],
      ["an unknown command", "npx berth up", "npx berth apply", /unknown command 'apply'/],
      ["an argument too many", "npx berth outputs ", "npx berth outputs more ", /too many arguments/],
      [
        "a key that GitLab doesn't know",
        "  resource_group:",
        "  resource_groups:",
        /[Uu]nrecognized key: "resource_groups"/,
      ],
      ["a key in the wrong place", "{ max: 2, when:", "{ max: 2, unless:", /[Uu]nrecognized key: "unless"/],
      ["a retry of what failed in a script", "scheduler_failure]", "script_failure]", /retry/],
      ["artefacts for everybody", "access: developer", "access: all", /artifacts/],
      ["a stage that isn't there", "default: deploy", "default: ship", /there is no stage ship/],
      [
        "a need that isn't there",
        "needs: [berth-diff-prod]",
        "needs: [berth-diff]",
        /needs berth-diff, which is no job/,
      ],
      [
        "a parent that isn't there",
        "extends: .berth-deploy",
        "extends: .deploy",
        /extends \.deploy, which is none/,
      ],
      [
        "an input that isn't declared",
        "$[[ inputs.image ]]",
        "$[[ inputs.picture ]]",
        /inputs\.picture is used and not declared/,
      ],
      ["an input that isn't used", "$[[ inputs.app ]]", "blog", /inputs\.app is declared and not used/],
      ["a default of another type", "default: dev", "default: 5", /the default is of another type/],
      [
        "an image of somebody's",
        "image: $[[ inputs.image ]]",
        "image: node:20",
        /the image node:20 is no input/,
      ],
      [
        "a secret",
        "PULUMI_SKIP_UPDATE_CHECK",
        "TOKEN: glpat-abc\n    PULUMI_SKIP_UPDATE_CHECK",
        /there is a secret/,
      ],
      ["a job without rules", /(berth-check:[\s\S]*?) {2}rules:\n[^\n]*\n[^\n]*\n/, "$1", /berth-check/],
      ["what is no YAML", "---\n", "---\n\t", /[Tt]ab/],
    ];
  for (const [mistake, from, to, words] of MISTAKES) {
    it(`fail with ${mistake}`, async () => {
      const changed = component.replace(from, to);
      assert.notEqual(changed, component, "the mistake is made");
      assert.match((await problemsOf(changed)).join("\n"), words);
    });
  }
});

describe("the pipelines that the rules make", () => {
  const configuration = readConfiguration(root);
  const jobs = readJobs(configuration);
  const variables = { CI_DEFAULT_BRANCH: "main" };
  const of = (more: Record<string, string>): PlannedJob[] =>
    plan(configuration, jobs, () => ({ ...variables, ...more })) ?? [];
  const names = (planned: PlannedJob[]) =>
    planned.map(({ name, when }) => (when === "manual" ? `${name}?` : name));

  const EXPECTED: readonly (readonly [what: string, variables: Record<string, string>, jobs: string[]])[] = [
    [
      "a merge request",
      { CI_PIPELINE_SOURCE: "merge_request_event" },
      ["berth-check", "berth-test", "berth-preview", "whole-suite?"],
    ],
    ["a branch", { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "change" }, []],
    [
      "the default branch",
      { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "main" },
      [
        "berth-check",
        "berth-test",
        "berth-deploy-dev",
        "berth-diff-prod",
        "berth-deploy-prod?",
        "berth-rollback-prod?",
      ],
    ],
    [
      "a release's tag",
      { CI_PIPELINE_SOURCE: "push", CI_COMMIT_TAG: "v1.2" },
      ["berth-diff-prod", "berth-deploy-prod", "release-package", "release-image"],
    ],
    ["another tag", { CI_PIPELINE_SOURCE: "push", CI_COMMIT_TAG: "very" }, []],
    [
      "the nightly schedule",
      { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "main", BERTH_SCHEDULE: "drift" },
      ["berth-drift-dev", "berth-drift-prod"],
    ],
    [
      "the weekly schedule",
      { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "main", BERTH_SCHEDULE: "cleanup" },
      ["berth-cleanup-dev", "berth-cleanup-prod"],
    ],
    [
      "the schedule of the page",
      { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "main", BERTH_SCHEDULE: "report" },
      ["berth-report-dev", "berth-report-prod", "pages"],
    ],
    ["somebody's own schedule", { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "main" }, []],
  ];
  for (const [what, given, expected] of EXPECTED) {
    it(`are these jobs for ${what}: ${expected.join(", ") || "none"}`, () => {
      assert.deepEqual(names(of(given)), expected);
    });
  }

  it("have one deploying job for each environment and prod's way back, one at a time, that nothing interrupts", () => {
    const deploying = jobs.filter(({ environment }) => environment?.action === "start");
    assert.deepEqual(
      deploying.map(({ environment, resourceGroup }) => [environment?.name, resourceGroup]),
      [
        ["dev", "dev"],
        ["prod", "prod"],
        ["prod", "prod"],
      ],
    );
    for (const name of [".berth-deploy", ".berth-scheduled"])
      assert.equal((configuration.jobs[name] as Record<string, unknown>)["interruptible"], false);
    assert.ok(deploying.every(({ environment }) => environment?.url && environment.tier));
  });

  it("give prod's credentials to no merge request", () => {
    const inRequest = of({ CI_PIPELINE_SOURCE: "merge_request_event" });
    assert.deepEqual(
      inRequest.flatMap(({ environment }) => environment?.name ?? []),
      ["dev"],
    );
  });
});
