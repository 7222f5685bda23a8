import { isJsonObject } from "../../../components/values/json-object";
import { formatPath, type PathPart } from "../model/property-changes";
import { isSecret, isUnknown, type Properties } from "../model/shown";

export interface SecretLeaf {
  readonly path: string;
  /** The property that it is in. */
  readonly property: string;
  readonly value: unknown;
}

/** Every secret in properties as programs and providers send them to the engine: marked, in plain text. */
export function secretLeaves(properties: Properties): SecretLeaf[] {
  return Object.entries(properties).flatMap(([property, value]) =>
    leavesIn(value, [property]).map((leaf) => ({ ...leaf, property })),
  );
}

/** Every text in a value; a text that is JSON, as structured arguments of providers are, has texts of its own. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (isJsonObject(value)) return Object.values(withoutPublic(value)).flatMap(textsIn);
  if (typeof value !== "string" || isUnknown(value)) return [];
  if (!/^\s*[[{]/.test(value)) return [value];
  try {
    return [value, ...textsIn(JSON.parse(value))];
  } catch {
    return [value]; // it only looked like JSON
  }
}

/**
 * Providers mark a whole login as secret. Whom it is for and where are in addresses and names all over, and no secret beside its
 * password; the digest of a build's context is none anywhere.
 */
function withoutPublic(value: Properties): Properties {
  const isLogin = typeof value["password"] === "string";
  const isPublic = (key: string) =>
    key === "contextDigest" || (isLogin && ["address", "server", "registry", "username"].includes(key));
  return Object.fromEntries(Object.entries(value).filter(([key]) => !isPublic(key)));
}

function leavesIn(value: unknown, parts: readonly PathPart[]): { path: string; value: unknown }[] {
  if (isSecret(value)) return [{ path: formatPath(parts), value: value["value"] }];
  if (Array.isArray(value)) return value.flatMap((inner, index) => leavesIn(inner, [...parts, index]));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => leavesIn(inner, [...parts, key]));
}
