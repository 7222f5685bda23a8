import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pulumiProject } from "../../components/settings/pulumi-project";
import { messageOf } from "../../components/values/error-facts";
import { isJsonObject, type JsonObject } from "../../components/values/json-object";
import { CommandError, Exit } from "../terminal/exit";
import { nameOf, pathFrom } from "./find-apps";

/** Where the Pulumi project is, or will be. */
export interface ProjectPlace {
  readonly folder: string;
  /** From the repository's top: `.`, or `deploy`. */
  readonly path: string;
  /** The project's name; that of Pulumi.yaml where there is one. */
  readonly name: string;
  readonly extension: string;
  /** Why it isn't where it usually would be. */
  readonly notice?: string;
}

/** For repositories whose top folder can't have it. */
const FOLDER = "deploy";

export interface Wish {
  readonly root: string;
  /** Where the command was called. */
  readonly from: string;
  /** `--folder` */
  readonly given: string | undefined;
  readonly project: string;
}

/**
 * The folder that was asked for, else one that has Berth's project already, else the top of a repository with Node, else `deploy/`.
 * @throws CommandError (exit 2) where somebody else's project is in the way
 */
export function projectPlace(wish: Wish): ProjectPlace {
  const { root, from, given } = wish;
  const known = [from, root, join(root, FOLDER)].find(isOurs);
  const obstacle = obstacleIn(root);
  const usual = known ?? (obstacle === undefined ? root : join(root, FOLDER));
  const folder = given === undefined ? usual : resolve(from, given);
  if (relative(root, folder).startsWith(".."))
    throw new CommandError(`--folder ${given}: expected a folder of the repository ${root}`, Exit.usage);
  if (isOurs(folder)) return placeOf(wish, folder);
  const foreign = obstacleIn(folder, given !== undefined || folder !== root);
  if (foreign !== undefined)
    throw new CommandError(
      `${pathFrom(root, folder)} can't have Berth's Pulumi project: ${foreign}. Name another folder: --folder FOLDER`,
      Exit.usage,
    );
  return {
    ...placeOf(wish, folder),
    ...(folder !== root && obstacle !== undefined && obstacle !== NO_NODE && { notice: noticeOf(obstacle) }),
  };
}

function noticeOf(obstacle: string): string {
  return `Berth's Pulumi project has a folder of its own, ${FOLDER}/: ${obstacle}`;
}

function placeOf({ root, project }: Wish, folder: string): ProjectPlace {
  const path = pathFrom(root, folder);
  const there = projectIn(folder);
  // Two projects of one name and one stack would be one stack to the backend.
  const beside = folder === root ? undefined : projectIn(root);
  const fresh = nameOf(project);
  const name = there?.name ?? (beside?.name === fresh ? `${fresh}-deploy` : fresh);
  return { folder, path, name, extension: there?.extension ?? ".yaml" };
}

const NO_NODE = "there is no package.json";

/** Why a folder can't have the project; undefined where it can. @param isApart whether it is made for nothing else */
function obstacleIn(folder: string, isApart = false): string | undefined {
  const project = projectIn(folder);
  if (project !== undefined)
    return (
      `there is the Pulumi project ${project.name} (${project.path}), which has a program of its own. Both can share a backend, ` +
      "not a stack; a program in TypeScript can also take Berth's parts one by one, from berth/components"
    );
  if (existsSync(join(folder, "index.ts")))
    return `there is an index.ts (${join(folder, "index.ts")}) of the app's own`;
  return isApart || packageIn(folder) !== undefined ? undefined : NO_NODE;
}

function projectIn(folder: string) {
  try {
    return pulumiProject(folder);
  } catch (error) {
    throw new CommandError(`${messageOf(error)} Repair it, then run this again.`, Exit.usage);
  }
}

/** @throws CommandError (exit 2) where it isn't JSON */
export function packageIn(folder: string): JsonObject | undefined {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return undefined;
  try {
    const content: unknown = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
    if (isJsonObject(content)) return content;
  } catch (error) {
    throw new CommandError(
      `${path} is not valid JSON: ${messageOf(error)}. Repair it, then run this again.`,
      Exit.usage,
    );
  }
  throw new CommandError(
    `${path} holds no package: expected an object. Repair it, then run this again.`,
    Exit.usage,
  );
}

/** Whether Berth's program is there, or settings for it: written by this command, or by a person. */
function isOurs(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const names = readdirSync(folder).filter((name) => name === "index.ts" || /^Pulumi\..+\.ya?ml$/.test(name));
  return names.some((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    return name === "index.ts" ? /from "berth"/.test(text) : /^\s+["']?berth:(nexus|apps)\b/m.test(text);
  });
}
