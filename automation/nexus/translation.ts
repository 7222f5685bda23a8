import type { Fields } from "../../components/nexus/object/kind";
import { isJsonObject } from "../../components/values/json-object";

/** The parts of `berth:nexus` that hold objects by name. */
export type Part =
  | "blobStores"
  | "cleanupPolicies"
  | "routingRules"
  | "repositories"
  | "contentSelectors"
  | "privileges"
  | "roles"
  | "accounts"
  | "tasks"
  | "certificates";

/** An object of the server in the words of the settings. */
export interface Translation {
  readonly part: Part;
  /** Under which it stands there. */
  readonly key: string;
  /** Undefined where the settings have no words for the object. */
  readonly settings?: Fields | string;
  /** Why they have none. */
  readonly reason?: string;
  /** What applying them would change, or what has to be done first. Without any, applying them changes nothing. */
  readonly changes: readonly string[];
  /** What else there is to know: secrets that Nexus doesn't tell, fields that stay as they are. */
  readonly remarks: readonly string[];
  /** Fields that only a person can fill in and the settings insist on; a text stands in for each. */
  readonly asked?: Fields;
}

/** Whether it can be pasted as it is, and applying it changes nothing in Nexus. */
export function isReady({ settings, changes }: Translation): boolean {
  return settings !== undefined && changes.length === 0;
}

/** Collects what there is to say of an object while it is translated. */
export class Notes {
  readonly changes: string[] = [];
  readonly remarks: string[] = [];

  /** For a field that the settings don't have, and Berth always sends. */
  sets(field: string, have: unknown, want: unknown): void {
    if (have !== want) this.changes.push(`it would set ${field} from ${shown(have)} to ${shown(want)}`);
  }
}

export function unsayable(part: Part, key: string, reason: string): Translation {
  return { part, key, reason, changes: [], remarks: [] };
}

/** The command that sets a secret of an entry, which no file and no shell history then shows. */
export function secretCommand(part: Part, key: string, field: string): string {
  const step = /^[\w-]+$/.test(key) ? `.${key}` : `["${key}"]`; // dots part the steps of a path
  return `pulumi config set --secret --path 'berth:nexus.${part}${step}.${field}'`;
}

/** A part of a REST object; empty where it is null or missing. */
export function partOf(fields: Fields, name: string): Fields {
  const part = fields[name];
  return isJsonObject(part) ? part : {};
}

/** Texts of a list; none where it is null or missing. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Without what isn't there or empty: settings leave it out. */
export function some(fields: Fields): Fields {
  const isThere = (value: unknown) =>
    value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isThere(value)));
}

/** Without what the settings say by themselves. */
export function without(defaults: Fields, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([field, value]) => defaults[field] !== value));
}

function shown(value: unknown): string {
  return value === undefined || value === null ? "nothing" : JSON.stringify(value);
}
