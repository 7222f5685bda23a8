import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type PulumiProject, pulumiProject } from "../../components/settings/pulumi-project";
import { messageOf } from "../../components/values/error-facts";
import { CommandError, Exit } from "../terminal/exit";

const known = new Map<string, PulumiProject>();
let found: string | undefined;

/**
 * The folder of the project: the nearest one with a Pulumi.yaml, from the working directory upwards, as the engine finds it.
 * @throws CommandError (exit 2) where there is none
 */
export function projectRoot(): string {
  const root = findProject();
  if (root !== undefined) return root;
  throw new CommandError(
    `There is no Pulumi.yaml in ${process.cwd()}, nor in a folder above it: this is no Pulumi project. ` +
      "Run berth in the folder of your project.",
    Exit.usage,
  );
}

/** The same; undefined where there is none. */
export function findProject(): string | undefined {
  found ??= nearestProject(process.cwd());
  return found;
}

function nearestProject(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if ([".yaml", ".yml"].some((extension) => existsSync(join(folder, `Pulumi${extension}`)))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** @throws CommandError (exit 2) where there is no Pulumi.yaml that can be read */
export function readProject(root = projectRoot()): PulumiProject {
  const project = known.get(root) ?? load(root);
  known.set(root, project);
  return project;
}

/** The project's name, as Pulumi.yaml has it. */
export function projectName(): string {
  return readProject().name;
}

function load(root: string): PulumiProject {
  let project: PulumiProject | undefined;
  try {
    project = pulumiProject(root);
  } catch (error) {
    throw new CommandError(messageOf(error), Exit.usage);
  }
  if (!project)
    throw new CommandError(`There is no Pulumi.yaml in ${root}: this is no Pulumi project.`, Exit.usage);
  return project;
}

/** `acme/berth/dev` and `acme/dev` are the stack dev: its file, labels and environment are named after the last part. */
export function shortName(stack: string): string {
  return stack.replace(/^.*\//, "");
}

/** As Pulumi has names of stacks, projects and organisations; a name of dots alone would be a folder. */
const NAME = /^(?!\.+$)[A-Za-z0-9_.-]{1,100}$/;

/** @throws CommandError (exit 2) for what can be no stack's name */
export function checkStackName(stack: string): void {
  const parts = stack.split("/");
  if (parts.length <= 3 && parts.every((part) => NAME.test(part))) return;
  throw new CommandError(
    `"${stack}" can be no stack's name. It is of letters, digits, "_", "-" and "." (dev), ` +
      "with its organisation before it where the backend has any (acme/dev, acme/blog/dev).",
    Exit.usage,
  );
}

/** Another stack, in the organisation and project that this one was asked for by. */
export function siblingOf(stack: string, other: string): string {
  return [...stack.split("/").slice(0, -1), shortName(other)].join("/");
}
