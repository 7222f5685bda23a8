import type * as pulumi from "@pulumi/pulumi";
import type { KindName } from "../../../../components/nexus/kinds";
import type { NexusObject, NexusObjectArgs } from "../../../../components/nexus/object/nexus-object";
import type { Json, NexusRest } from "./nexus-rest";

/** What the program gives every object. */
type Common = keyof NexusObjectArgs;
type Own<Args> = Args extends unknown ? Omit<Args, Common> : never;

/** A change of the arguments, and what of the object must then be so on the server. */
export interface Update<Args> {
  readonly patch: Partial<Own<Args>>;
  readonly told?: Json;
  /** For what no GET tells. @throws where it did not arrive */
  readonly proof?: (rest: NexusRest) => Promise<void>;
}

/** One kind of Nexus object on its way through the test. */
export interface KindCase<Args> {
  readonly kind: KindName;
  /** Where a kind has several: tells their resources apart. */
  readonly variant?: string;
  /** The object's name in Nexus; none where there is one per server. */
  readonly id?: string;
  readonly type: new (name: string, args: Args, opts?: pulumi.CustomResourceOptions) => NexusObject;
  /** Kinds whose objects this one names. */
  readonly uses?: readonly KindName[];
  readonly first: Own<Args>;
  /** One after the other; they add up. Every field that can change is in one. An undefined gives it back to Nexus. */
  readonly updates: readonly Update<Args>[];
  readonly read: (rest: NexusRest) => Promise<unknown>;
  /** By hand: a field that the program sets. */
  readonly drift?: (rest: NexusRest) => Promise<unknown>;
  /** By hand: a field that the program does not set; before the first update or after the last. */
  readonly unmodelled?: (rest: NexusRest, when: "first" | "last") => Promise<unknown>;
  /** By hand: deletes it. Not for what there is one of per server. */
  readonly gone?: (rest: NexusRest) => Promise<unknown>;
  /** What the server tells after `unmodelled` and all updates. */
  readonly deep: unknown;
  /** What the server tells once the resource was deleted, where the object stays. */
  readonly left?: unknown;
}

export type AnyCase = KindCase<NexusObjectArgs & Record<string, unknown>>;

/** With the arguments' own types checked, and forgotten after that. */
export function kindCase<Args extends NexusObjectArgs>(entry: KindCase<Args>): AnyCase {
  return entry as unknown as AnyCase;
}

/** The arguments after the first `count` updates. */
export function argsAfter({ first, updates }: AnyCase, count: number): Record<string, unknown> {
  return Object.assign({}, first, ...updates.slice(0, count).map(({ patch }) => patch));
}

/** The resource's name in the program. */
export function nameOf({ kind, variant = "" }: AnyCase, suffix = ""): string {
  return `life-${kind}${variant}${suffix}`;
}

export const V1 = "/service/rest/v1";
