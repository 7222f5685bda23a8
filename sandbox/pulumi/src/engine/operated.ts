import type { ResourceState } from "./resource-state";

/** What this run has decided so far, by URN. */
export class Operated {
  /** Registered or read: such a resource is not deleted at the end. */
  readonly kept = new Set<string>();
  readonly replaced = new Set<string>();
  /** Deleted before its replacement; leaves the set when the replacement is made. */
  readonly deletedForReplacement = new Set<string>();
  /** States whose deletion has been ordered already. */
  readonly condemned = new Set<ResourceState>();

  has(urn: string): boolean {
    return this.kept.has(urn) || this.deletedForReplacement.has(urn);
  }
}
