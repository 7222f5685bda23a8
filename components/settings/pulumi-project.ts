import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { messageOf } from "../values/error-facts";

/** What Pulumi.yaml says of the project, as far as Berth needs it. */
export interface PulumiProject {
  /** The team's own choice; part of every resource's URN. */
  readonly name: string;
  readonly path: string;
  /** The program: a file, or a folder with one. @default the folder of the project */
  readonly main: string;
  /** The folder of the stack files. */
  readonly stackFolder: string;
  /** `.yaml`, or as Pulumi.yaml itself has it. */
  readonly extension: string;
  /** It holds settings, too, which only the engine puts together with those of a stack. */
  readonly hasConfig: boolean;
}

interface ProjectFile {
  readonly name?: unknown;
  readonly main?: unknown;
  readonly stackConfigDir?: unknown;
  readonly config?: unknown;
}

/**
 * Reads it as the engine finds it (pulumi/sdk/go/common/workspace/paths.go); undefined where there is none.
 * @throws Error where it is no YAML, or has no name
 */
export function pulumiProject(root: string): PulumiProject | undefined {
  const extension = [".yaml", ".yml"].find((one) => existsSync(join(root, `Pulumi${one}`)));
  if (extension === undefined) return undefined;
  const path = join(root, `Pulumi${extension}`);
  const { name, main, stackConfigDir, config } = contentOf(path);
  if (typeof name !== "string" || name === "")
    throw new Error(`${path} has no \`name\`, which every Pulumi project has.`);
  return {
    name,
    path,
    main: typeof main === "string" ? resolve(root, main) : root,
    extension,
    stackFolder: typeof stackConfigDir === "string" ? join(root, stackConfigDir) : root,
    hasConfig: typeof config === "object" && config !== null && Object.keys(config).length > 0,
  };
}

/** The file of a stack, named after the last part of the stack's name: of acme/dev it is Pulumi.dev.yaml. */
export function stackFilePath({ stackFolder, extension }: PulumiProject, stack: string): string {
  return join(stackFolder, `Pulumi.${stack.split("/").at(-1)}${extension}`);
}

function contentOf(path: string): ProjectFile {
  try {
    return (parse(readFileSync(path, "utf8")) ?? {}) as ProjectFile;
  } catch (error) {
    throw new Error(`${path} is not valid YAML: ${messageOf(error)}`);
  }
}
