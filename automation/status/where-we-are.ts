import { execFileSync } from "node:child_process";
import { commitTag } from "../../components/image/commit-tag";
import { imageOwner, imageReference, releaseName } from "../../components/settings/app/image";
import { everyApp, type SetApp } from "../../components/settings/settings";
import { engineError, isNoStack } from "../engine/engine-error";
import { findProject, projectName, readProject } from "../engine/project";
import { type Deployment, deploymentsOf } from "../releases/deployments";
import { readHistory } from "../stack/history";
import { StackFile, stacksOf } from "../stack-file/stack-file";

/** A project and its stacks, as files, git and the engine's history tell; no server is asked. */
export interface WhereWeAre {
  readonly project: string;
  readonly folder: string;
  readonly stacks: readonly StackStatus[];
}

export interface StackStatus {
  readonly stack: string;
  /** Why its apps aren't known. */
  readonly problem?: string;
  readonly apps: readonly AppStatus[];
}

export interface AppStatus {
  readonly app: string;
  /** What was deployed last; undefined for never. */
  readonly deployed?: Deployment;
  /** What should have been deployed after that, and failed. */
  readonly failed?: Deployment;
  /** Whether the settings pin it to a release: nothing is built then. */
  readonly isPinned: boolean;
  /** What `up` would deploy: the tag of the pin or of what lies in the folder; undefined where git can't tell. */
  readonly next?: string;
  /** It runs somebody else's image: nothing of it lies in a folder here. */
  readonly isGiven?: true;
  /** Commits in the app's folder since the release; undefined where git can't tell. */
  readonly commits?: number;
}

/** Undefined where there is no project. */
export async function whereWeAre(): Promise<WhereWeAre | undefined> {
  const folder = findProject();
  if (folder === undefined) return undefined;
  process.chdir(folder); // paths in settings are relative to it, as for `pulumi up`
  const stacks = stacksOf(readProject()).sort(); // dev before prod, as people work
  return { project: projectName(), folder, stacks: await Promise.all(stacks.map(lookAt)) };
}

async function lookAt(stack: string): Promise<StackStatus> {
  try {
    const apps = everyApp((await StackFile.open(stack)).settings());
    const history = await readHistory(stack).catch(noneOfNoStack);
    const statusOf = (app: SetApp) =>
      appStatus({ ...imageOwner<SetApp>(app, apps), name: app.name }, deploymentsOf(history, app.name));
    return { stack, apps: apps.map(statusOf) };
  } catch (error) {
    return { stack, problem: engineError(error), apps: [] };
  }
}

function noneOfNoStack(error: unknown): [] {
  if (isNoStack(error)) return [];
  throw error;
}

function appStatus({ name, release, build, image }: SetApp, deployments: readonly Deployment[]): AppStatus {
  const at = deployments.findIndex(({ result }) => result === "succeeded");
  const deployed = deployments[at];
  const [latest] = deployments;
  const context = build?.context;
  const next = release?.tag ?? (context === undefined ? imageTag(image, deployed?.tag) : tagOf(context));
  const commits = context === undefined ? undefined : commitsSince(deployed?.commit, context);
  return {
    app: name,
    ...(deployed && { deployed }),
    ...(at !== 0 && latest && { failed: latest }),
    isPinned: release !== undefined,
    ...(next !== undefined && { next }),
    ...(image !== undefined && { isGiven: true }),
    ...(commits !== undefined && { commits }),
  };
}

/** Of somebody else's image, which nobody asks here what its tag points to: that is the one which was deployed, unless the tag is another. */
function imageTag(image: string | undefined, deployed: string | undefined): string | undefined {
  if (image === undefined) return undefined;
  const reference = imageReference(image);
  const { tag, digest } = reference;
  if (digest !== undefined) return releaseName(reference, digest);
  return deployed === tag || deployed?.replace(/-[0-9a-f]{12}$/, "") === tag ? deployed : tag;
}

/** Undefined outside of git, and before the first commit. */
function tagOf(context: string): string | undefined {
  try {
    return commitTag(context);
  } catch {
    return undefined; // `up` says why
  }
}

/** Undefined where the commit isn't here: in a shallow clone, after a rebase. */
function commitsSince(commit: string | undefined, context: string): number | undefined {
  if (commit === undefined) return undefined;
  try {
    const args = ["-C", context, "rev-list", "--count", `${commit}..HEAD`, "--", "."];
    return Number(execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch {
    return undefined;
  }
}
