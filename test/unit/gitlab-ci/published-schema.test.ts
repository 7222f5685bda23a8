import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv, { type ErrorObject } from "ajv";
import { parseAllDocuments } from "yaml";
import { readConfiguration } from "../../../sandbox/gitlab/runner/configuration";
import { inputValues, interpolated } from "../../../sandbox/gitlab/runner/inputs";
import { merged, type Tree } from "../../../sandbox/gitlab/runner/tree";

const root = join(__dirname, "..", "..", "..");

/**
 * GitLab's own schema of `.gitlab-ci.yml` (app/assets/javascripts/editor/schema/ci.json, MIT: golden/LICENSE.gitlab), as of
 * October 2026, unchanged, out of PyPI's check-jsonschema 0.39.0. Of npm's packages only gitlab-ci-local has it: new versions
 * within a program that needs Node 22, old ones with twenty dependencies.
 */
const schema = JSON.parse(readFileSync(join(__dirname, "golden", "gitlab-ci-schema.json"), "utf8"));

/** Until the summer of 2026 it had no empty list of tags; gitlab-ci-local 4.75.1 checks by that. */
const { tags } = schema.definitions;
const strict = { ...schema, definitions: { ...schema.definitions, tags: { ...tags, minItems: 1 } } };

const validators = [schema, strict].map((one) =>
  new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false }).compile(one),
);

/** What either of them has against it. */
function problems(tree: unknown): string[] {
  const errors: ErrorObject[] = validators.flatMap((validate) =>
    validate(tree) ? [] : (validate.errors ?? []),
  );
  return errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** A component as GitLab has it once its inputs are put in: the header, and the rest. */
function component(name: string, given: Tree = {}): { header: Tree; body: Tree } {
  const documents = parseAllDocuments(readFileSync(join(root, "templates", name), "utf8"));
  const [header, body] = (Array.isArray(documents) ? documents : []).map((document) => document.toJS());
  return { header, body: interpolated(name, body, inputValues(name, header.spec.inputs, given)) };
}

/** Jobs with what they extend in them, as GitLab checks them: hidden ones may hold anything. */
function wholeJobs(tree: Tree): Record<string, Tree> {
  const jobs = tree as Record<string, Record<string, Tree>>;
  const whole = (name: string): Tree => {
    const { extends: parent, ...own } = jobs[name]!;
    return typeof parent === "string" ? merged(whole(parent), own) : own;
  };
  return Object.fromEntries(
    Object.keys(jobs)
      .filter((name) => !name.startsWith("."))
      .map((name) => [name, whole(name)]),
  );
}

describe("GitLab's published schema", () => {
  const { header, body } = component("berth.yml");

  it("has nothing against the component: its header, and its jobs with every default", () => {
    assert.deepEqual(problems(header), []);
    assert.deepEqual(problems(body), []);
    assert.deepEqual(problems(wholeJobs(body)), []);
    assert.ok(Object.keys(wholeJobs(body)).length > 5);
  });

  it("has nothing against the repository's own pipeline, with what it includes", () => {
    const [own] = parseAllDocuments(readFileSync(join(root, ".gitlab-ci.yml"), "utf8")) as { toJS(): Tree }[];
    assert.deepEqual(problems(own!.toJS()), []);
    assert.deepEqual(problems(wholeJobs(readConfiguration(root).jobs)), []);
  });

  it("has something against an empty list of tags, and a key that GitLab doesn't know", () => {
    const withKey = (key: string, value: Tree) =>
      problems(wholeJobs(merged(body, { ".berth": { [key]: value } })));
    assert.match(withKey("tags", []).join("\n"), /\/berth-check\/tags must NOT have fewer than 1 items/);
    assert.match(withKey("resource_groups", "x").join("\n"), /must NOT have additional properties/);
    assert.deepEqual(withKey("tags", ["deploys"]), []);
  });
});

describe("a runner with tags", () => {
  it("is named in the project's own file, for every job of the component", () => {
    const folder = mkdtempSync(join(tmpdir(), "berth-tags-"));
    try {
      cpSync(join(root, "templates"), join(folder, "templates"), { recursive: true });
      writeFileSync(
        join(folder, ".gitlab-ci.yml"),
        "include: [{ local: templates/berth.yml }]\n.berth: { tags: [deploys] }\n",
      );
      const jobs = readConfiguration(folder).jobs as Record<string, Record<string, Tree>>;
      assert.deepEqual(jobs[".berth"]!["tags"], ["deploys"]);
      assert.ok(jobs[".berth"]!["before_script"], "the rest of it stays");
      const parents = (name: string): unknown =>
        name === ".berth" ? name : parents(String(jobs[name]?.["extends"]));
      for (const name of Object.keys(jobs)) assert.equal(parents(name), ".berth", name);
      assert.deepEqual(problems(wholeJobs(jobs)), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
