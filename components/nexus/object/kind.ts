import type { Fields } from "../rest/answer-shape";
import type { Call } from "../rest/call";
import type { NexusServer } from "../rest/nexus-server";
import type { Facts } from "../rest/server-abilities";
import type { Comparison } from "./compare";

export type { Fields };

/** What a repository or blob store holds. */
export interface Content {
  readonly components: number;
  /** What is counted, where it isn't components. */
  readonly counted?: "component" | "blob";
  readonly bytes: number;
  /** There is more: counting stopped. */
  readonly more: boolean;
}

/** What an update knows besides the object to send. */
export interface Change {
  readonly want: Fields;
  /** As we asked for it last time; empty where the object is taken over. */
  readonly before: Fields;
  /** As the server has it. */
  readonly existing: Fields;
}

/**
 * What one kind of Nexus object is: data and plain functions. `object-provider.ts` gives every kind the same life: checks at
 * preview, read before write, keep what we don't model, adopt, drift, delete guard, errors.
 */
export interface Kind extends Comparison {
  /** Its resources' class, and its part of their logical id: "Role", "DockerHosted". */
  readonly name: string;
  /** As in an error: "role", "docker hosted repository". */
  readonly noun: string;
  readonly id: (want: Fields) => string;
  /** The object as the server has it, in the shape of our fields; undefined where it isn't there. */
  readonly read: (call: Call, id: string) => Promise<Fields | undefined>;
  readonly create: (call: Call, want: Fields) => Promise<unknown>;
  /** `merged`: the server's object with the wanted fields laid over it; PUT replaces the whole object. */
  readonly update: (call: Call, id: string, merged: Fields, change: Change) => Promise<unknown>;
  /** `ours`: the fields as last asked for; of shared lists only what was put there by us. */
  readonly remove: (call: Call, id: string, ours: Fields) => Promise<unknown>;
  /** Top-level fields or `a.b` paths that can't change: identity, or what Nexus refuses or would lose content by. */
  readonly fixed: readonly string[];
  /** Fields, wherever they stand, that the server takes but never tells. */
  readonly writeOnly?: readonly string[];
  /**
   * Whether what is in `writeOnly`, which nobody can read, is still what was wanted: a login with a password. Asked in
   * every run; true where Nexus is away.
   */
  readonly holds?: (server: NexusServer, want: Fields) => Promise<boolean>;
  /** There is always exactly one (realms, anonymous access …): creating it is changing it. */
  readonly single?: boolean;
  /** Why this server can't do what is wanted, naming the version that can; undefined where it can. For previews. */
  readonly refusal?: (facts: Facts, want: Fields) => string | undefined;
  /** What is wrong with the wish beside what is there already (a port in use); undefined where nothing is. For previews. */
  readonly conflict?: (call: Call, id: string, want: Fields) => Promise<string | undefined>;
  /** Makes a wish of the arguments where part of it has to be found out, e.g. addresses of names. @param before what it came to last time */
  readonly settle?: (want: Fields, before: Fields) => Promise<Fields>;
  /** Servers on which there is nothing to do: older ones, that have no such thing. */
  readonly needless?: (facts: Facts) => boolean;
  /** What would be lost with it; for kinds that hold content. */
  readonly content?: (call: Call, id: string) => Promise<Content>;
}
