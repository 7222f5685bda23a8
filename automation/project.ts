import { type PulumiProject, pulumiProject } from "../components/pulumi-project";
import { CommandError, Exit } from "./exit";
import { projectRoot } from "./project-root";

const known = new Map<string, PulumiProject>();

/** @throws CommandError (exit 2) where there is no Pulumi.yaml that can be read */
export function readProject(root = projectRoot): PulumiProject {
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
    throw new CommandError((error as Error).message, Exit.usage);
  }
  if (!project)
    throw new CommandError(`There is no Pulumi.yaml in ${root}: this is no Pulumi project.`, Exit.usage);
  return project;
}
