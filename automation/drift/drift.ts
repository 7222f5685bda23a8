import { createHash } from "node:crypto";
import type { PropertyChange } from "../change/model/change";
import { canonical } from "../change/model/change-hash";
import type { Unseen } from "./reachable";

/** A resource that isn't as the last update left it. */
export interface DriftedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** In the product's words: `blog on web1: container`. */
  readonly what: string;
  /** Somebody deleted it, or changed it. */
  readonly state: "gone" | "changed";
  /** The last update failed, and this container, which it was to replace, serves still. */
  readonly outgoing?: true;
  /** From what was wanted (`old`) to what was found (`new`); empty where it is gone, or nothing more is told. */
  readonly properties: readonly PropertyChange[];
}

export interface Drift {
  readonly project: string;
  readonly stack: string;
  /** In the order of their URNs. */
  readonly resources: readonly DriftedResource[];
  /** What could not be looked at. */
  readonly unseen: readonly Unseen[];
}

/** 16 hex digits: whether two looks found the same. */
export function driftHash({ resources }: Pick<Drift, "resources">): string {
  return createHash("sha256").update(canonical(resources)).digest("hex").slice(0, 16);
}

/** `2 resources differ: 1 changed, 1 gone`. */
export function driftHeadline({ resources }: Pick<Drift, "resources">): string {
  const gone = resources.filter(({ state }) => state === "gone").length;
  const counts = [
    ...(resources.length > gone ? [`${resources.length - gone} changed`] : []),
    ...(gone > 0 ? [`${gone} gone`] : []),
  ];
  const [noun, verb] = resources.length === 1 ? ["resource", "differs"] : ["resources", "differ"];
  return `${resources.length} ${noun} ${verb}: ${counts.join(", ")}`;
}
