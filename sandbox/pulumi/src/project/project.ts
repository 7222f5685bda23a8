import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CliError, EXIT, messageOf } from "../errors";

const FILES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];
const KNOWN = new Set([
  "name",
  "runtime",
  "description",
  "main",
  "author",
  "website",
  "license",
  "backend",
  "stackConfigDir",
  "template",
  "config",
]);

export interface Project {
  readonly name: string;
  /** The project file's full path. */
  readonly file: string;
  readonly root: string;
  readonly description: string | undefined;
  readonly runtime: string;
  readonly runtimeOptions: { readonly [key: string]: unknown };
  /** The program's entry point or directory, relative to the root; undefined for the root itself. */
  readonly main: string | undefined;
  readonly backendUrl: string | undefined;
  readonly stackConfigDir: string;
}

/** The project of `directory` or of its closest ancestor. */
export function findProject(directory: string): Project | undefined {
  for (let current = resolve(directory); ; current = dirname(current)) {
    const file = FILES.map((name) => join(current, name)).find(existsSync);
    if (file) return readProject(file);
    if (dirname(current) === current) return undefined;
  }
}

export function requireProject(directory: string): Project {
  const project = findProject(directory);
  if (project) return project;
  throw new CliError(
    `no Pulumi.yaml project file found (searching upwards from ${resolve(directory)}). If you have not created a project yet, create a Pulumi.yaml with \`name\` and \`runtime: nodejs\``,
    EXIT.configuration,
  );
}

function readProject(file: string): Project {
  const document = parse(file);
  const fail = (what: string) => new CliError(`could not validate '${file}': ${what}`, EXIT.configuration);
  const unknown = Object.keys(document).find((key) => !KNOWN.has(key));
  if (unknown) throw fail(`the attribute '${unknown}' is not supported by the sandbox's Pulumi engine`);
  if (isObject(document["config"]) && Object.keys(document["config"]).length > 0) {
    throw fail(
      "project-level 'config' is not supported by the sandbox's Pulumi engine; set it in the stack's file",
    );
  }
  const name = document["name"];
  if (typeof name !== "string" || name === "") throw fail("project is missing a 'name' attribute");
  const runtime = document["runtime"];
  const runtimeName = isObject(runtime) ? runtime["name"] : runtime;
  if (runtimeName !== "nodejs")
    throw fail(`the runtime '${String(runtimeName)}' is not supported; only nodejs is`);
  const options = isObject(runtime) && isObject(runtime["options"]) ? runtime["options"] : {};
  const backend = isObject(document["backend"]) ? document["backend"]["url"] : undefined;
  return {
    name,
    file,
    root: dirname(file),
    description: text(document["description"]),
    runtime: runtimeName,
    runtimeOptions: options,
    main: text(document["main"]),
    backendUrl: text(backend),
    stackConfigDir: join(dirname(file), text(document["stackConfigDir"]) ?? "."),
  };
}

function parse(file: string): { [key: string]: unknown } {
  // Loaded on demand: commands that need no project start faster without it.
  const { parse: parseYaml } = require("yaml") as typeof import("yaml");
  let parsed: unknown;
  try {
    parsed = parseYaml(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CliError(`could not load '${file}': ${messageOf(error)}`, EXIT.configuration);
  }
  if (!isObject(parsed))
    throw new CliError(`could not load '${file}': it holds no mapping`, EXIT.configuration);
  return parsed;
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
