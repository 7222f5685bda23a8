import type { KindName } from "../nexus/kinds";
import type { Fields } from "../nexus/object/kind";
import { isJsonObject } from "../values/json-object";

/** What a Nexus is to be configured with, as a file: without secrets, and without Pulumi. */
export interface NexusPlan {
  /** As clients reach it: `https://nexus.example.com`. */
  readonly address: string;
  readonly image: string;
  /** In an order in which one never needs a later one. */
  readonly objects: readonly PlannedObject[];
  /** Docker repositories that have to serve before the Nexus counts as ready. */
  readonly registries: readonly PlannedRegistry[];
  /** https addresses that have to answer. */
  readonly front?: PlannedFront;
  /** Name or address under which clients reach it. */
  readonly host: string;
  /** Ports on which they do, and that of the service behind each. */
  readonly ports: readonly PlannedPort[];
  /** Seconds until Nexus must take writes, and until each registry must serve. */
  readonly readyTimeout: number;
  /** Names of all secrets, each a file of that name. */
  readonly secrets: readonly string[];
}

/** One object of Nexus's, as a stack with the same settings asks for it. */
export interface PlannedObject {
  /** The stack's name of the resource: `registry-account-pusher`. */
  readonly name: string;
  readonly kind: KindName;
  /** In the place of a secret stands `secretMark` of its name. */
  readonly fields: Fields;
}

export interface PlannedRegistry {
  /** `host:port` */
  readonly registry: string;
  /** Who has to be able to do it. */
  readonly username: string;
  /** Name of the secret. */
  readonly password: string;
  readonly probe: "read" | "write";
}

export interface PlannedPort {
  readonly outside: number;
  readonly inside: number;
}

export interface PlannedFront {
  /** Its certificates are of an authority of its own, whose root lies on the volume of its data. */
  readonly own: boolean;
  /** PEM of the authority, where it is known and not public. */
  readonly ca?: string;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}

const MARK = "berth-secret:";

/** The text that stands for a secret, where only its name is known. */
export function secretMark(name: string): string {
  return MARK + name;
}

/**
 * The same with the secrets in their places.
 * @param secretOf gives what is to stand in the place of a secret, by its name
 */
export function withSecrets(value: unknown, secretOf: (name: string) => string): unknown {
  if (typeof value === "string") return value.startsWith(MARK) ? secretOf(value.slice(MARK.length)) : value;
  if (Array.isArray(value)) return value.map((inner) => withSecrets(inner, secretOf));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withSecrets(inner, secretOf)]));
}

/** The names of the secrets in a value. */
export function secretsIn(value: unknown): string[] {
  const names = new Set<string>();
  withSecrets(value, (name) => {
    names.add(name);
    return "";
  });
  return [...names];
}
