import type { Deployment } from "../releases/deployments";

/** Enough for a way back of weeks in a team that deploys daily. */
export const KEEP = 10;
/** Days. */
export const RECENT = 30;
const DAY_MS = 86_400_000;

export interface RetentionRule {
  /** Releases of each app and stack, the newest first, that stay within reach of a rollback. */
  readonly keep: number;
  /** A release that was deployed since then stays. */
  readonly before: Date;
}

/** @param days what was deployed in so many days stays */
export function retentionRule(keep = KEEP, days = RECENT, now = Date.now()): RetentionRule {
  return { keep, before: new Date(now - days * DAY_MS) };
}

/** What one stack knows of one app. */
export interface AppPast {
  readonly stack: string;
  readonly app: string;
  /** Newest first. */
  readonly deployments: readonly Deployment[];
  /** The tags that lead back from the running one, see `wayBack`. */
  readonly way: readonly string[];
  /** Digests that its servers, its outputs and its pin name. */
  readonly running: readonly string[];
}

/** What may not go, and when each release was last deployed. */
export interface Retention {
  /** Why, by digest and by tag: a release whose digest nobody knows is kept by its tag. */
  readonly digests: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  /** Undefined for a release whose time isn't known; releases that nobody deployed are not in it. */
  readonly last: ReadonlyMap<string, Date | undefined>;
}

/** Everything that any of the stacks runs or shall be able to go back to. */
export function retention(pasts: readonly AppPast[], app: string, { keep }: RetentionRule): Retention {
  const [digests, tags] = [new Map<string, string>(), new Map<string, string>()];
  const last = new Map<string, Date | undefined>();
  // A digest is a digest: whichever app names it.
  for (const { stack, running } of pasts)
    for (const digest of running) digests.set(digest, `${stack} runs it`);
  for (const { stack, deployments, way } of pasts.filter((past) => past.app === app)) {
    const good = deployments.filter(({ result }) => result === "succeeded");
    const within = new Set([...way.slice(0, keep), ...distinct(good).slice(0, keep)]);
    for (const { tag, digest } of deployments) {
      if (!within.has(tag)) continue;
      const why = `${stack} can go back to it`;
      if (!tags.has(tag)) tags.set(tag, why);
      if (digest !== undefined && !digests.has(digest)) digests.set(digest, why);
    }
    for (const { tag, when } of deployments) note(last, tag, when);
  }
  return { digests, tags, last };
}

export interface Verdict {
  readonly remove: boolean;
  /** Why it stays. */
  readonly why?: string;
}

/** Whether a tag may go. @param digest that it points to now */
export function judgeTag(tag: string, digest: string, kept: Retention, { before }: RetentionRule): Verdict {
  const why = kept.digests.get(digest) ?? kept.tags.get(tag);
  if (why !== undefined) return { remove: false, why };
  const when = kept.last.get(tag);
  if (when === undefined) return { remove: false, why: "it isn't known when it was deployed" };
  if (when >= before) return { remove: false, why: "it was deployed lately" };
  return { remove: true };
}

/** The latest time; unknown as soon as one is. */
function note(last: Map<string, Date | undefined>, tag: string, when: string | undefined): void {
  const time = when === undefined ? undefined : new Date(when);
  if (!last.has(tag)) last.set(tag, time);
  else {
    const known = last.get(tag);
    last.set(tag, known && time && (known > time ? known : time));
  }
}

function distinct(deployments: readonly Deployment[]): string[] {
  return [...new Set(deployments.map(({ tag }) => tag))];
}
