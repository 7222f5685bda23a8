import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { hasPipeline, newPipeline, withPipeline } from "../../../../automation/init/pipeline-file";
import { CommandError } from "../../../../automation/terminal/exit";
import { readConfiguration } from "../../../../sandbox/gitlab/runner/configuration";
import { readJobs } from "../../../../sandbox/gitlab/runner/job";
import { makeRepository, removeRepository, writeAll } from "./repositories";

const WISH = { pipeline: "platform/berth/berth@1.2.0", folder: "deploy/", inputs: { test: "true" } };
const INCLUDE = {
  component: "$CI_SERVER_FQDN/platform/berth/berth@1.2.0",
  inputs: { folder: "deploy/", test: "true" },
};
const changed = (text: string, wish = WISH) => withPipeline(text, wish, "/x/.gitlab-ci.yml");

/** Texts, and the includes that they have before. */
const FILES: readonly (readonly [what: string, text: string, before: readonly unknown[]])[] = [
  ["no include", "# ours\nunit:\n  script: [a]   # fast\n", []],
  ["no line end", "unit: { script: a }", []],
  ["nothing", "", []],
  ["comments alone", "# nothing yet\n", []],
  ["an empty include", "include: # none\n\nunit: { script: a }\n", []],
  ["one file", "include: 'ci/a.yml' # theirs\n\nunit: { script: a }\n", ["ci/a.yml"]],
  [
    "one include by its fields",
    "include:\n  project: a/b\n  ref: v1 # pinned\n  file: c.yml\nunit: { script: a }\n",
    [{ project: "a/b", ref: "v1", file: "c.yml" }],
  ],
  ["one in braces", "include: { local: a.yml } # one\nunit: { script: a }\n", [{ local: "a.yml" }]],
  [
    "a list",
    "include:\n  - local: a.yml # first\n  # and\n  - b.yml # last\n\nunit: { script: a }\n",
    [{ local: "a.yml" }, "b.yml"],
  ],
  [
    "a list that isn't indented",
    "include:\n- local: a.yml\n  rules:\n  - if: $X\nunit: { script: a }\n",
    [{ local: "a.yml", rules: [{ if: "$X" }] }],
  ],
  [
    "a list in brackets",
    "include: [a.yml, { local: b.yml }] # all\nunit: { script: a }\n",
    ["a.yml", { local: "b.yml" }],
  ],
  ["an empty list", "include: []\nunit: { script: a }\n", []],
  ["the include at the end", "unit: { script: a }\ninclude:\n  - a.yml", ["a.yml"]],
  ["GitLab's own tags", "unit:\n  script: !reference [.a, script]\ninclude: [a.yml]\n", ["a.yml"]],
];

describe("a pipeline that there is already", () => {
  for (const [what, text, before] of FILES)
    for (const eol of ["\n", "\r\n"]) {
      const given = text.replaceAll("\n", eol);
      it(`gets the include and keeps every line: ${what}${eol === "\n" ? "" : ", with Windows' line ends"}`, () => {
        const after = changed(given);
        const { include, ...jobs } = parse(after, { logLevel: "silent" });
        const { include: _, ...jobsBefore } = parse(given, { logLevel: "silent" }) ?? {};
        assert.deepEqual(include, [...before, INCLUDE]);
        assert.deepEqual(jobs, jobsBefore);
        for (const comment of given.match(/#.*$/gm) ?? [])
          assert.ok(after.includes(comment.trimEnd()), after);
        assert.doesNotMatch(after, given.includes("\r") ? /[^\r]\n/ : /\r/);
        assert.equal(changed(after), after);
        assert.equal(hasPipeline(after, "x"), true);
      });
    }

  it("keeps the bytes of all lines before and behind what is added", () => {
    const [head, tail] = ["# ours\ninclude:\n    - local:   a.yml # odd\n", "\n\nunit:\n    script: [ a ]\n"];
    const after = changed(head + tail);
    assert.ok(after.startsWith(head) && after.endsWith(tail), after);
    assert.match(after, /^ {4}- component: /m);
  });

  it("stays as it is where it includes Berth's, whichever way", () => {
    for (const include of [
      "component: $CI_SERVER_FQDN/platform/berth/berth@0.9.0",
      "local: templates/berth.yml",
      "{ project: platform/berth, ref: 1.0.0, file: templates/berth.yml }",
      "remote: https://example.com/ci/berth.yml",
    ]) {
      const text = include.startsWith("{") ? `include: ${include}\n` : `include:\n  - ${include}\n`;
      assert.equal(changed(text), text);
    }
  });

  it("has the jobs in stages that it lists", () => {
    const inputs = (stages: string) => parse(changed(`stages: ${stages}\n`)).include[0].inputs;
    assert.deepEqual(inputs("[build, test, deploy]"), INCLUDE.inputs);
    assert.deepEqual(inputs("[lint, test, release]"), { ...INCLUDE.inputs, stage_deploy: "release" });
    assert.deepEqual(inputs("[check, deploy]"), { ...INCLUDE.inputs, stage_test: "check" });
  });

  it("is refused where it has no stages for them, or can't be read", () => {
    const refusal = (text: string) => {
      try {
        return changed(text);
      } catch (error) {
        assert.ok(error instanceof CommandError && error.exit === 2);
        return error.message;
      }
    };
    assert.equal(
      refusal("stages: [build, all]\n"),
      "/x/.gitlab-ci.yml has the stages build, all: Berth needs one to test in, and a later one to deploy in. Add test and deploy to them, then run this again.",
    );
    assert.match(
      refusal("a: [\n"),
      /^\/x\/\.gitlab-ci\.yml is not valid YAML: .*Repair it, then run this again\.$/,
    );
    assert.match(refusal("- a\n"), /holds no pipeline: expected jobs by name/);
    assert.match(
      refusal("x: &a [a.yml]\ninclude: *a\n"),
      /couldn't be added .* Add this to it.*\n {2}- component: .*\n {4}inputs:/,
    );
  });
});

describe("a new pipeline", () => {
  it("is the include, of a component, a file or an address", () => {
    const include = (pipeline: string) => parse(newPipeline({ ...WISH, pipeline })).include;
    assert.deepEqual(include(WISH.pipeline), [INCLUDE]);
    assert.deepEqual(include("templates/berth.yml"), [
      { local: "templates/berth.yml", inputs: INCLUDE.inputs },
    ]);
    const remote = "https://example.com/berth.yml";
    assert.deepEqual(include(remote), [{ remote, inputs: INCLUDE.inputs }]);
  });
});

describe("the pipeline that comes of the include", () => {
  it("has every job begin, and leave what it makes, in the project's folder, and deploys after the team's own jobs", () => {
    const given = "stages: [build, lint, ship]\nunit: { stage: lint, script: a }\n";
    const root = makeRepository({
      ".gitlab-ci.yml": changed(given, { ...WISH, pipeline: "templates/berth.yml" }),
    });
    const component = join(__dirname, "..", "..", "..", "..", "templates", "berth.yml");
    writeAll(root, { "templates/berth.yml": readFileSync(component, "utf8") });
    const configuration = readConfiguration(root);
    removeRepository(root);
    const jobs = readJobs(configuration);
    const ofBerth = jobs.filter(({ name }) => name.startsWith("berth-"));
    assert.ok(ofBerth.length > 8);
    for (const { name, script, stage, artifacts, caches } of ofBerth) {
      assert.equal(script[0], 'cd "./deploy/"', name);
      assert.ok(["lint", "ship"].includes(stage), name);
      const ofPages = name.startsWith("berth-report-") ? ["public/"] : []; // which GitLab takes from the top alone
      for (const path of [...artifacts.paths, ...artifacts.dotenv])
        assert.ok(/^deploy\/./.test(path) || ofPages.includes(path), `${name}: ${path}`);
      assert.match(JSON.stringify(caches), /"deploy\/package-lock\.json"/);
    }
    const deploying = ofBerth.find(({ name }) => name === "berth-deploy-dev");
    assert.deepEqual([deploying?.stage, deploying?.needs], ["ship", undefined]);
  });
});
