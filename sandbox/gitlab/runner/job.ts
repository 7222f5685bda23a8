import { SandboxError } from "../../lib/sandbox-error";
import type { Configuration } from "./configuration";
import { isMapping, merged, type Tree } from "./tree";

export type When = "on_success" | "on_failure" | "always" | "manual" | "never";

export interface Rule {
  readonly if?: string;
  readonly when?: When;
  readonly allow_failure?: AllowFailure;
  readonly variables?: Readonly<Record<string, string>>;
}

export type AllowFailure = boolean | { readonly exit_codes: readonly number[] };

export interface Need {
  readonly job: string;
  readonly artifacts: boolean;
  readonly optional: boolean;
}

export interface Cache {
  readonly key: { readonly files: readonly string[]; readonly prefix: string } | string;
  readonly paths: readonly string[];
}

export interface Environment {
  readonly name: string;
  readonly url?: string;
  readonly action: string;
  readonly tier?: string;
}

/** A job as it would run: `extends` and `default` are in it. */
export interface Job {
  readonly name: string;
  readonly stage: string;
  readonly image?: string;
  readonly script: readonly string[];
  readonly afterScript: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Undefined where the stages give the order. */
  readonly needs?: readonly Need[];
  readonly rules?: readonly Rule[];
  readonly when: When;
  readonly allowFailure?: AllowFailure;
  readonly environment?: Environment;
  readonly resourceGroup?: string;
  readonly artifacts: {
    readonly paths: readonly string[];
    readonly dotenv: readonly string[];
    readonly when: string;
  };
  readonly caches: readonly Cache[];
}

/** What is done, and what has no meaning without several runners (said in the sandbox's help). */
const KEYS = new Set([
  ...["stage", "image", "script", "before_script", "after_script", "variables", "needs", "rules", "when"],
  ...["allow_failure", "environment", "resource_group", "artifacts", "cache", "extends"],
  ...["tags", "retry", "interruptible"],
]);
const DEEPEST = 11;

/** @throws SandboxError for jobs that can't be, and for what the sandbox doesn't do, by its name */
export function readJobs(configuration: Configuration): Job[] {
  return Object.keys(configuration.jobs)
    .filter((name) => !name.startsWith("."))
    .map((name) => readJob(configuration, name));
}

function readJob(configuration: Configuration, name: string): Job {
  const tree = { ...configuration.defaults, ...withExtends(configuration.jobs, name, []) };
  const fail = (why: string) => new SandboxError(`job ${name}: ${why}`, 2);
  const stray = Object.keys(tree).filter((key) => !KEYS.has(key));
  if (stray.length > 0) throw fail(`the sandbox's runner doesn't do ${stray.join(", ")}`);
  const stage = String(tree["stage"] ?? "test");
  if (!configuration.stages.includes(stage))
    throw fail(`there is no stage ${stage}; stages: ${configuration.stages.join(", ")}`);
  const script = lines(tree["script"]);
  if (script.length === 0) throw fail("it has no script");
  const { needs, rules, when = "on_success", resource_group: group } = tree;
  if (when === "delayed") throw fail("the sandbox's runner doesn't do when: delayed");
  return {
    name,
    stage,
    when: when as When,
    script: [...lines(tree["before_script"]), ...script],
    afterScript: lines(tree["after_script"]),
    variables: texts(tree["variables"]),
    ...(typeof tree["image"] === "string" && { image: tree["image"] }),
    ...(needs !== undefined && { needs: [needs].flat().map((need) => readNeed(need, fail)) }),
    ...(rules !== undefined && { rules: readRules(rules, fail) }),
    ...(tree["allow_failure"] !== undefined && { allowFailure: readAllowFailure(tree["allow_failure"]) }),
    ...(tree["environment"] !== undefined && { environment: readEnvironment(tree["environment"], fail) }),
    ...(group !== undefined && { resourceGroup: String(group) }),
    artifacts: readArtifacts(tree["artifacts"], fail),
    caches: [tree["cache"] ?? []].flat().map((cache) => readCache(cache, fail)),
  };
}

function withExtends(jobs: Configuration["jobs"], name: string, below: readonly string[]) {
  const tree = jobs[name];
  if (!isMapping(tree))
    throw new SandboxError(`${below.at(-1) ?? "the file"}: there is no job ${name} to extend`, 2);
  if (below.includes(name) || below.length > DEEPEST)
    throw new SandboxError(`${[...below, name].join(" extends ")}: that is too deep`, 2);
  const parents = [tree["extends"] ?? []].flat().map(String);
  let result: Tree = {};
  for (const parent of parents) result = merged(result, withExtends(jobs, parent, [...below, name]));
  return merged(result, tree) as Record<string, Tree>;
}

type Fail = (why: string) => SandboxError;

export function readRules(tree: Tree, fail: Fail): Rule[] {
  if (!Array.isArray(tree)) throw fail("rules is no list");
  return tree.map((rule) => {
    const { if: condition, when, allow_failure, variables, ...rest } = isMapping(rule) ? rule : { rule };
    const stray = Object.keys(rest);
    if (stray.length > 0) throw fail(`the sandbox knows no rules with ${stray.join(", ")}`);
    if (when === "delayed") throw fail("the sandbox's runner doesn't do when: delayed");
    return {
      ...(condition !== undefined && { if: String(condition) }),
      ...(when !== undefined && { when: when as When }),
      ...(allow_failure !== undefined && { allow_failure: readAllowFailure(allow_failure) }),
      ...(variables !== undefined && { variables: texts(variables) }),
    };
  });
}

function readNeed(tree: Tree, fail: Fail): Need {
  const { job, artifacts = true, optional = false, ...rest } = isMapping(tree) ? tree : { job: tree };
  const stray = Object.keys(rest);
  if (stray.length > 0 || typeof job !== "string")
    throw fail(`the sandbox knows no needs with ${stray.join(", ") || JSON.stringify(job)}`);
  return { job, artifacts: artifacts === true, optional: optional === true };
}

function readAllowFailure(tree: Tree): AllowFailure {
  if (!isMapping(tree)) return tree === true;
  return { exit_codes: [tree["exit_codes"] ?? []].flat().map(Number) };
}

function readEnvironment(tree: Tree, fail: Fail): Environment {
  const {
    name,
    url,
    action = "start",
    deployment_tier: tier,
    ...rest
  } = isMapping(tree) ? tree : { name: tree };
  const stray = Object.keys(rest);
  if (stray.length > 0 || typeof name !== "string")
    throw fail(`the sandbox knows no environment with ${stray.join(", ") || JSON.stringify(name)}`);
  return {
    name,
    action: String(action),
    ...(url !== undefined && { url: String(url) }),
    ...(tier !== undefined && { tier: String(tier) }),
  };
}

function readArtifacts(tree: Tree, fail: Fail): Job["artifacts"] {
  const { paths, reports, when = "on_success", ...rest } = isMapping(tree) ? tree : {};
  const stray = Object.keys(rest).filter((key) => !["access", "expire_in", "name"].includes(key));
  if (stray.length > 0) throw fail(`the sandbox knows no artifacts with ${stray.join(", ")}`);
  const { dotenv } = isMapping(reports) ? reports : {};
  const all = { paths: lines(paths), dotenv: lines(dotenv), when: String(when) };
  const pattern = [...all.paths, ...all.dotenv].find((path) => /[*?[]|^\/|(^|\/)\.\.(\/|$)/.test(path));
  if (pattern !== undefined) throw fail(`the sandbox's artefacts are files and folders, not ${pattern}`);
  return all;
}

function readCache(tree: Tree, fail: Fail): Cache {
  const { key = "default", paths, ...rest } = isMapping(tree) ? tree : { rest: tree };
  const stray = Object.keys(rest);
  if (stray.length > 0) throw fail(`the sandbox knows no cache with ${stray.join(", ")}`);
  const { files, prefix = "default" } = isMapping(key) ? key : {};
  return {
    key: files === undefined ? String(key) : { files: lines(files), prefix: String(prefix) },
    paths: lines(paths),
  };
}

/** A text, or lists of texts, however nested. */
function lines(tree: Tree): string[] {
  if (tree === undefined || tree === null) return [];
  return [tree].flat(10).map(String);
}

export function texts(tree: Tree): Record<string, string> {
  if (!isMapping(tree)) return {};
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [
      key,
      String(isMapping(value) ? (value["value"] ?? "") : value),
    ]),
  );
}
