import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { SandboxError } from "../../lib/sandbox-error";
import { inputValues, interpolated } from "./inputs";
import { isMapping, merged, type Tree } from "./tree";

/** The whole configuration of a commit: every include in its place, inputs put in. */
export interface Configuration {
  readonly stages: readonly string[];
  readonly variables: Readonly<Record<string, Tree>>;
  readonly defaults: Readonly<Record<string, Tree>>;
  /** Rules of `workflow`; undefined where it has none, and every pipeline is made. */
  readonly workflow: Tree;
  /** Jobs and hidden ones (`.name`), as they are written. */
  readonly jobs: Readonly<Record<string, Tree>>;
}

const STAGES = ["build", "test", "deploy"];
/** Known to GitLab at the top of a file, and not to this sandbox: each has another place today. */
const REFUSED = ["image", "services", "cache", "before_script", "after_script", "spec"];
const MOST_INCLUDES = 20;

/**
 * Reads `.gitlab-ci.yml` of a checkout and what it includes.
 * @throws SandboxError for a file that is missing or is no such configuration, and for what the sandbox doesn't do
 */
export function readConfiguration(folder: string, file = ".gitlab-ci.yml"): Configuration {
  const tree = fileTree(folder, file, {}, []);
  const { stages = STAGES, workflow, variables, default: defaults, include: _, ...jobs } = tree;
  const refused = Object.keys(jobs).filter((key) => REFUSED.includes(key));
  if (refused.length > 0)
    throw new SandboxError(`${file}: at the top of a file the sandbox knows no ${refused.join(", ")}`, 2);
  if (!Array.isArray(stages)) throw new SandboxError(`${file}: stages is no list`, 2);
  const known = ["rules", "name", "auto_cancel"];
  const stray = Object.keys(mapping(workflow)).filter((key) => !known.includes(key));
  if (stray.length > 0) throw new SandboxError(`${file}: workflow has no ${stray.join(", ")}`, 2);
  return {
    stages: [".pre", ...stages.map(String).filter((stage) => !/^\.(pre|post)$/.test(stage)), ".post"],
    variables: mapping(variables),
    defaults: mapping(defaults),
    workflow: mapping(workflow)["rules"],
    jobs,
  };
}

/** A file with its includes merged below it. */
function fileTree(folder: string, file: string, given: Tree, above: readonly string[]): Record<string, Tree> {
  if (above.includes(file) || above.length > MOST_INCLUDES)
    throw new SandboxError(`${[...above, file].join(" includes ")}: that has no end`, 2);
  const tree = content(folder, file, given);
  const includes = [tree["include"] ?? []].flat();
  let whole: Tree = {};
  for (const include of includes) {
    const { local, inputs } = localInclude(file, include);
    whole = merged(whole, fileTree(folder, local, inputs, [...above, file]));
  }
  return mapping(merged(whole, tree));
}

function localInclude(file: string, include: Tree): { local: string; inputs: Tree } {
  const { local, inputs, ...rest } = isMapping(include) ? include : { local: include, inputs: {} };
  const stray = Object.keys(rest);
  if (typeof local !== "string" || /^\w+:/.test(local) || stray.length > 0) {
    const what = stray.length > 0 ? stray.join(", ") : JSON.stringify(local);
    throw new SandboxError(`${file}: include: the sandbox takes local files alone, not ${what}`, 2);
  }
  return { local: local.replace(/^\//, ""), inputs };
}

/** A file is one document, or a header (`spec`) and one. */
function content(folder: string, file: string, given: Tree): Record<string, Tree> {
  const path = join(folder, file);
  if (!existsSync(path)) throw new SandboxError(`${file} is not in the commit`, 2);
  const documents = parseAllDocuments(readFileSync(path, "utf8"));
  if (!Array.isArray(documents)) throw new SandboxError(`${file} is empty`, 2);
  for (const { errors, warnings } of documents) {
    const [problem] = [...errors, ...warnings]; // a tag such as !reference is a warning
    if (problem) throw new SandboxError(`${file}: ${problem.message}`, 2);
  }
  const trees = documents.map((document) => document.toJS() as Tree);
  const header = trees.length === 2 ? mapping(trees[0]) : { spec: {} };
  if (trees.length > 2 || Object.keys(header).join() !== "spec")
    throw new SandboxError(`${file}: before the --- there is a header with spec alone`, 2);
  const inputs = inputValues(file, mapping(header["spec"])["inputs"], given);
  return mapping(interpolated(file, trees.at(-1), inputs));
}

const mapping = (tree: Tree) => (isMapping(tree) ? tree : {});
