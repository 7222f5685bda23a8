import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pulumiProject, stackFilePath } from "../../components/settings/pulumi-project";
import type { JsonObject } from "../../components/values/json-object";
import { lineBreakOf } from "../stack-file/yaml-edit";
import type { Choices } from "./choices";
import { pathFrom } from "./find-apps";
import type { Found } from "./look-around";
import { dependenciesOf, newPackage, type OwnVersions, withDevDependencies } from "./package-file";
import { type PackageManager, packageManagerOf } from "./package-manager";
import { newPipeline, type PipelineWish, withPipeline } from "./pipeline-file";
import { type ProjectPlace, packageIn } from "./project-place";
import { stackFiles } from "./stack-files";

export interface PlannedFile {
  readonly path: string;
  /** From the repository's top. */
  readonly name: string;
  readonly action: "new" | "changed" | "unchanged";
  /** The whole file, as it is or is to be. */
  readonly text: string;
}

/** The program, and how Node takes it. Pulumi calls the default export of an ES module alone. */
const PROGRAMS = {
  module: {
    text: 'export { default } from "berth";\n',
    nodeargs: "--import tsx",
    packages: ["berth", "@pulumi/pulumi", "tsx"],
  },
  commonjs: {
    text: 'import program from "berth";\nexport = program;\n',
    nodeargs: "--require berth/quick-start",
    packages: ["berth", "@pulumi/pulumi"],
  },
} as const;
type Program = (typeof PROGRAMS)[keyof typeof PROGRAMS];

/** What comes to lie in a checkout and belongs into no commit: what npm installs, and what jobs leave. */
const IGNORED = ["node_modules/", ".ci-cache/", "berth.env"];

/** New files and folders that a repository gets at most. */
const MOST_NEW = 5;

export interface Wish {
  readonly found: Found;
  readonly place: ProjectPlace;
  /** Undefined where all is there that they are for. */
  readonly choices: Choices | undefined;
  readonly versions: OwnVersions;
}

/** Where a stack's settings are, or will be. */
export function stackFileOf({ folder, extension }: ProjectPlace, stack: string): string {
  const project = existsSync(folder) ? pulumiProject(folder) : undefined;
  return project ? stackFilePath(project, stack) : join(folder, `Pulumi.${stack}${extension}`);
}

/**
 * Every file that a repository needs, the Pulumi project's own last: a project that is there is a whole one. What is there stays,
 * but for what is added to files that others have begun.
 * @throws CommandError where Berth would refuse what it is about to write
 */
export function planFiles({ found, place, choices, versions }: Wish): PlannedFile[] {
  const { root } = found;
  const manager = packageManagerOf(place.folder);
  const hasNexus = found.nexus?.url === "http://127.0.0.1:8081";
  const modules = pathFrom(dirname(stackFileOf(place, "dev")), join(place.folder, "node_modules"));
  const stacks = choices && stackFiles(choices, { up: pathFrom(place.folder, root), modules }, hasNexus);
  const pipeline = choices && pipelineOf(place, choices.pipeline, manager);
  const ci = join(root, ".gitlab-ci.yml");
  const plan = planIn(root);
  const content = existsSync(place.folder) ? packageIn(place.folder) : undefined;
  const program = PROGRAMS[content === undefined || content["type"] === "module" ? "module" : "commonjs"];
  const needed = Object.fromEntries(program.packages.map((name) => [name, versions[name]]));
  const files = [
    planPackage(place, content, needed, plan),
    plan(join(place.folder, "index.ts"), program.text),
    ...(["dev", "prod"] as const).map((stack) => plan(stackFileOf(place, stack), stacks?.[stack] ?? "")),
    plan(ci, pipeline ? newPipeline(pipeline) : "", (text) =>
      pipeline ? withPipeline(text, pipeline, ci) : text,
    ),
    plan(join(place.folder, `Pulumi${place.extension}`), projectText(place, manager, program)),
  ];
  const ignored = plan(join(root, ".gitignore"), `${IGNORED.join("\n")}\n`, (text) =>
    withIgnored(text, place),
  );
  const fresh = new Set(files.filter(({ action }) => action === "new").map(({ name }) => name.split("/")[0]));
  return ignored.action === "new" && fresh.size >= MOST_NEW ? files : [ignored, ...files];
}

function planIn(root: string): Plan {
  return (path, fresh, changed = (text) => text) => {
    const name = pathFrom(root, path);
    if (!existsSync(path)) return { path, name, action: "new", text: fresh };
    const before = readFileSync(path, "utf8");
    const text = changed(before);
    return { path, name, action: text === before ? "unchanged" : "changed", text };
  };
}

type Plan = (path: string, fresh: string, changed?: (text: string) => string) => PlannedFile;

/** @param needed packages with their versions */
function planPackage(
  { folder, name }: ProjectPlace,
  content: JsonObject | undefined,
  needed: Readonly<Record<string, string>>,
  plan: Plan,
): PlannedFile {
  const path = join(folder, "package.json");
  const there = dependenciesOf(content);
  const isBerth = content?.["name"] === "berth"; // its own repository uses itself
  const missing = Object.fromEntries(
    Object.entries(isBerth ? {} : needed).filter(([one]) => !(one in there)),
  );
  return plan(path, newPackage(name, needed), (text) => withDevDependencies(text, missing, path));
}

function projectText({ name }: ProjectPlace, manager: PackageManager, { nodeargs }: Program): string {
  return [
    `name: ${name}`,
    `description: ${name} by Berth`,
    "runtime:",
    "  name: nodejs",
    "  options:",
    `    packagemanager: ${manager.name}`,
    "    # tsx compiles index.ts in memory.",
    "    typescript: false",
    `    nodeargs: ${nodeargs}`,
    "main: index.ts",
    "",
  ].join("\n");
}

function pipelineOf({ path }: ProjectPlace, pipeline: string, manager: PackageManager): PipelineWish {
  const scripts = manager.scripts;
  const inputs = {
    ...(manager.install !== undefined && { install: manager.install }),
    check: path === "." && scripts.lint ? `${manager.run} lint` : "true",
    test: path === "." && scripts.test ? `${manager.run} test` : "true",
  };
  return { pipeline, folder: path === "." ? "" : `${path}/`, inputs };
}

/** Nothing is added that a line says already; one that begins with a slash is about the top folder alone. */
function withIgnored(text: string, { path }: ProjectPlace): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim().replace(/\/$/, ""));
  const isThere = (one: string) => lines.includes(one) || (path === "." && lines.includes(`/${one}`));
  const missing = IGNORED.filter((one) => !isThere(one.replace(/\/$/, "")));
  if (missing.length === 0) return text;
  const eol = lineBreakOf(text);
  return `${text}${text === "" || text.endsWith("\n") ? "" : eol}${missing.join(eol)}${eol}`;
}
