import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import { commitTag } from "../../components/image/commit-tag";
import { imageOwner, imageReference, releaseName } from "../../components/settings/app/image";
import type { Settings } from "../../components/settings/settings";
import { engineJson } from "../engine/engine-json";

/** What every update of berth says about itself in the stack's history: the truth of what ran. */
export interface UpdateMessage {
  /** Release tag of each app. */
  readonly apps: { readonly [app: string]: string };
  /** Digests that were known before the update: those of pinned releases, and of images of others. */
  readonly digests?: { readonly [app: string]: string };
  /** Apps of whose image nobody knew the digest before the update: `apps` has its tag alone. */
  readonly awaited?: readonly string[];
  /** The stacks that apps were promoted from. */
  readonly from?: { readonly [app: string]: string };
  readonly commit?: string;
  /** Address of the CI pipeline, where there is one. */
  readonly pipeline?: string;
  readonly who: string;
}

/** An operation of the past, as the engine tells it. */
export interface PastUpdate {
  readonly kind: string;
  /** ISO 8601. */
  readonly startTime: string;
  readonly message?: string;
  readonly result: string;
}

const PREFIX = "berth ";
/** The engine itself gives ten where nobody asks for more. */
const PAGE_SIZE = 200;
/** More than anybody has made updates; an engine that doesn't know pages would send the same one for ever. */
const MOST_PAGES = 500;

/** The message for an update with these settings, as the history keeps it. */
export function updateMessage(settings: Settings): string {
  const told = settings.apps.map((app) => ({ ...releaseOf(imageOwner(app, settings.apps)), name: app.name }));
  const digests = told.flatMap(({ name, digest }) => (digest === undefined ? [] : [[name, digest] as const]));
  const promoted = settings.apps.flatMap(({ name, release }) =>
    release?.from === undefined ? [] : [[name, release.from] as const],
  );
  const awaited = told.filter(({ isAwaited }) => isAwaited).map(({ name }) => name);
  const message: UpdateMessage = {
    apps: Object.fromEntries(told.map(({ name, tag }) => [name, tag])),
    ...(digests.length > 0 && { digests: Object.fromEntries(digests) }),
    ...(awaited.length > 0 && { awaited }),
    ...(promoted.length > 0 && { from: Object.fromEntries(promoted) }),
    commit: process.env.CI_COMMIT_SHA ?? headCommit(),
    pipeline: process.env.CI_PIPELINE_URL,
    who: process.env.GITLAB_USER_LOGIN ?? userInfo().username,
  };
  return messageText(message);
}

export function messageText(message: UpdateMessage): string {
  return PREFIX + JSON.stringify(message);
}

type App = Settings["apps"][number];

interface ToldRelease {
  readonly tag: string;
  readonly digest?: string;
  readonly isAwaited?: true;
}

/** The release that an update of the app deploys, as far as that is known before. */
function releaseOf({ release, image, build }: App): ToldRelease {
  if (release) return release;
  if (image === undefined) return { tag: commitTag(build!.context) };
  const reference = imageReference(image);
  const { tag, digest } = reference;
  return digest === undefined
    ? { tag: tag!, isAwaited: true }
    : { tag: releaseName(reference, digest), digest };
}

/** All that was ever done to a stack, the latest first. Secrets of the settings stay what they are. */
export async function readHistory(stack: string): Promise<PastUpdate[]> {
  const updates: PastUpdate[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const paging = ["--page-size", String(PAGE_SIZE), "--page", String(page)];
    const more = await engineJson<PastUpdate[]>(stack, ["stack", "history", "--json", ...paging]);
    updates.push(...more);
    if (more.length < PAGE_SIZE) break;
  }
  return updates;
}

/** The message of an update, undefined where it was made by hand. */
export function readMessage(message: string | undefined): UpdateMessage | undefined {
  if (!message?.startsWith(`${PREFIX}{`)) return undefined;
  const said: UpdateMessage = JSON.parse(message.slice(PREFIX.length));
  return said;
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
