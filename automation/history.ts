import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import type { UpdateSummary } from "@pulumi/pulumi/automation";
import { commitTag } from "../components/commit-tag";
import type { Settings } from "../components/settings";

/** What every update of berth says about itself in the stack's history: the truth of what ran. */
export interface UpdateMessage {
  /** Release tag of each app. */
  readonly apps: { readonly [app: string]: string };
  readonly commit?: string;
  /** Address of the CI pipeline, where there is one. */
  readonly pipeline?: string;
  readonly who: string;
}

const PREFIX = "berth ";

/** The message for an update with these settings, as the history keeps it. */
export function updateMessage(settings: Settings): string {
  const apps = settings.apps.map(({ name, release, build }) => [
    name,
    release?.tag ?? commitTag(build!.context),
  ]);
  const message: UpdateMessage = {
    apps: Object.fromEntries(apps),
    commit: process.env.CI_COMMIT_SHA ?? headCommit(),
    pipeline: process.env.CI_PIPELINE_URL,
    who: process.env.GITLAB_USER_LOGIN ?? userInfo().username,
  };
  return PREFIX + JSON.stringify(message);
}

/** The release tags that an app has run with, newest first, each once; only updates that succeeded count. */
export function deployedTags(history: readonly UpdateSummary[], app: string): string[] {
  const tags = history
    .filter((update) => update.kind === "update" && update.result === "succeeded")
    .map((update) => readMessage(update.message)?.apps[app])
    .filter((tag) => tag !== undefined);
  return [...new Set(tags)];
}

/** The message of an update, undefined where it was made by hand. */
export function readMessage(message: string | undefined): UpdateMessage | undefined {
  if (!message?.startsWith(`${PREFIX}{`)) return undefined;
  return JSON.parse(message.slice(PREFIX.length)) as UpdateMessage;
}

function headCommit(): string | undefined {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined; // no repository: a pinned release needs none
  }
}
