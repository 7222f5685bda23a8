import type { LineChange } from "../../../components/gitops/edit-yaml";
import type { Shown } from "./shown";

export type Operation = "create" | "update" | "replace" | "delete" | "import" | "forget";

/** What happens to one property. A value that isn't there is left out; secrets and unknowns are words in brackets. */
export interface PropertyChange {
  /** `environment.MODE`, `ports[0].internal`. */
  readonly path: string;
  readonly old?: Shown;
  readonly new?: Shown;
  /** This is why the resource is replaced. */
  readonly replaces?: true;
}

/** What an update would do to one resource. */
export interface PlannedChange {
  readonly urn: string;
  readonly operation: Operation;
  readonly type: string;
  readonly name: string;
  /** In the product's words, `blog on web1: container`. No part of the hash. */
  readonly what?: string;
  /** Why it is replaced, as what follows "because". No part of the hash: the properties tell it. */
  readonly because?: string;
  readonly properties: readonly PropertyChange[];
  /** Keyed fingerprint of the secrets among the new values of changed properties. */
  readonly secrets?: string;
}

/** A release, by the digest that is its identity; without one where it is yet to be built, or looked up. */
export interface ToldRelease {
  readonly tag?: string;
  readonly digest?: string;
  /** An image of somebody else, of which nobody knows the digest yet: `tag` is its own. */
  readonly isLookedUp?: true;
}

export interface ReleaseChange {
  readonly app: string;
  readonly before?: ToldRelease;
  readonly after?: ToldRelease;
  /** Names of the servers that are to run it. */
  readonly where?: readonly string[];
}

/** What an update would do: what a reviewer sees, and what `up --expect` compares. */
export interface Change {
  readonly project: string;
  readonly stack: string;
  /** Of what was reviewed; see docs/decisions/0012. */
  readonly hash: string;
  /** Whether a secret with another value gives another hash: there is a key for fingerprints. */
  readonly secretsCompared: boolean;
  readonly resources: readonly PlannedChange[];
  readonly releases: readonly ReleaseChange[];
  readonly copies: readonly CopyForecast[];
  /** What would be written into files of GitLab projects, as they are now, and so no part of the hash. */
  readonly files: readonly FileChange[];
  /** What deletions of volumes, repositories and blob stores would lose, a sentence each. */
  readonly losses: readonly string[];
  /** What doesn't run, or was changed by others, and comes back with the update: as it is now, and so no part of the hash. */
  readonly heals: readonly string[];
  /** What goes on under another name, a sentence each. No part of the hash: the resources tell it. */
  readonly renames: readonly string[];
  /** Processes that get another number of containers, a sentence each. No part of the hash, likewise. */
  readonly scales: readonly string[];
  /** Commands that run once, such as migrations, a sentence each. No part of the hash, likewise. */
  readonly runsOnce: readonly string[];
  /** What is not there meanwhile, a sentence each; none: nothing is; undefined: that isn't known. No part of the hash, likewise. */
  readonly interrupts?: readonly string[];
  /** What the stack's images are built of and where that comes from, a line for each image that a build pulls. */
  readonly images: readonly string[];
  /** What somebody should know before it is applied, a sentence each. No part of the hash: nothing of it is changed. */
  readonly warnings: readonly string[];
}

/** A change as it was planned, before it has a hash. */
export interface Plan {
  readonly resources: readonly PlannedChange[];
  readonly releases: readonly ReleaseChange[];
}

/** What an update interrupts, or that it is nothing; none where that is not known. */
export function interruptionsOf({ interrupts }: Pick<Change, "interrupts">): readonly string[] {
  return interrupts?.length === 0 ? [NOTHING] : (interrupts ?? []);
}

export const NOTHING = "nothing";

/** How many resources each operation has, without those that have none. */
export function countsOf(resources: readonly PlannedChange[]): Partial<Record<Operation, number>> {
  const counts: Partial<Record<Operation, number>> = {};
  for (const { operation } of resources) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

/** What would be written into a file of a GitLab project. */
export interface FileChange {
  readonly app: string;
  /** `platform/clusters main:prod/values.yaml`. */
  readonly file: string;
  readonly mergeRequest: boolean;
  readonly changes: readonly LineChange[];
  /** GitLab will make line feeds of them, in every line. */
  readonly hasWindowsLineEnds?: true;
  /** A sentence, where it isn't known whether the file's chart runs the digest. */
  readonly unproven?: string;
  /** Why it isn't known. */
  readonly unknown?: string;
}

/** What a copy between registries would send. */
export interface CopyForecast {
  /** repository@digest. */
  readonly source: string;
  readonly target: string;
  readonly blobs?: number;
  readonly bytes?: number;
  /** Why it isn't known. */
  readonly unknown?: string;
}
