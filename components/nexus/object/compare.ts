import { isJsonObject } from "../../values/json-object";

/** Comparing and merging plain JSON values, for what we want against what Nexus has. */

type Json = Record<string, unknown>;

/** What of a kind's fields compares otherwise than by value. Names hold wherever in the object they stand. */
export interface Comparison {
  /** Lists whose order means nothing. */
  readonly unordered?: readonly string[];
  /** Texts whose case means nothing. */
  readonly anyCase?: readonly string[];
  /** Addresses: a slash at their end means nothing. */
  readonly addresses?: readonly string[];
  /** Lists of texts on which others put something, too: only that ours are on them counts, and theirs stay. */
  readonly shared?: readonly string[];
}

/**
 * Whether the server's value is what we want. Only what we ask for counts: a field we don't name may be
 * anything. Null and absent are the same.
 */
export function equalOn(field: string, have: unknown, want: unknown, how: Comparison = {}): boolean {
  if (want === undefined || want === null) return want === undefined || have === null || have === undefined;
  if (isJsonObject(want)) {
    return isJsonObject(have) && Object.keys(want).every((key) => equalOn(key, have[key], want[key], how));
  }
  if (Array.isArray(want)) {
    if (how.shared?.includes(field)) return want.every((item) => listOf(have).includes(item));
    if (!Array.isArray(have) || have.length !== want.length) return false;
    const text = (item: unknown) => fold(field, typeof item === "object" ? JSON.stringify(item) : item, how);
    const [a, b] = [have.map(text), want.map(text)];
    if (how.unordered?.includes(field)) [a, b].forEach((list) => void list.sort());
    return a.every((item, i) => item === b[i]);
  }
  return fold(field, have, how) === fold(field, want, how);
}

function fold(field: string, value: unknown, { anyCase, addresses }: Comparison): unknown {
  if (typeof value !== "string") return value;
  const address = addresses?.includes(field) ? value.replace(/\/+$/, "") : value;
  return anyCase?.includes(field) ? address.toUpperCase() : address;
}

/**
 * The server's object with the wanted fields laid over it: objects merged, lists replaced, and what we asked for
 * `before` and no longer want left out, so that Nexus's default takes its place. What we never asked for stays, and so does
 * what says the same in the server's words.
 */
export function mergeInto(
  existing: unknown,
  want: unknown,
  before: unknown = {},
  how: Comparison = {},
): Json {
  const merged: Json = isJsonObject(existing) ? { ...existing } : {};
  const wanted = isJsonObject(want) ? want : {};
  for (const key of dropped(before, wanted)) {
    if (how.shared?.includes(key) && isJsonObject(before))
      merged[key] = sharedList(merged[key], [], before[key]);
    else delete merged[key];
  }
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    const old = isJsonObject(before) ? before[key] : undefined;
    if (isJsonObject(value)) merged[key] = mergeInto(merged[key], value, old, how);
    else if (how.shared?.includes(key)) merged[key] = sharedList(merged[key], value, old);
    else if (Array.isArray(value) || !equalOn(key, merged[key], value, how)) merged[key] = value;
  }
  return merged;
}

/** Their entries with ours, without those of ours that are no longer wanted. */
function sharedList(existing: unknown, want: unknown, before: unknown): unknown[] {
  const wanted = listOf(want);
  const gone = listOf(before).filter((item) => !wanted.includes(item));
  return [...new Set([...listOf(existing).filter((item) => !gone.includes(item)), ...wanted])];
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Whether something that was asked for is no longer, at any depth. */
export function hasDropped(before: unknown, want: unknown, how: Comparison = {}): boolean {
  if (!isJsonObject(before) || !isJsonObject(want)) return false;
  return (
    dropped(before, want).length > 0 ||
    Object.keys(want).some(
      (key) => hasDropped(before[key], want[key], how) || hasLeft(key, before[key], want[key], how),
    )
  );
}

/** Whether something that was put on a shared list is no longer wanted there. */
function hasLeft(key: string, before: unknown, want: unknown, { shared }: Comparison): boolean {
  return shared?.includes(key) === true && listOf(before).some((item) => !listOf(want).includes(item));
}

function dropped(before: unknown, want: Json): string[] {
  if (!isJsonObject(before)) return [];
  return Object.keys(before).filter((key) => given(before[key]) && !given(want[key]));
}

const given = (value: unknown) => value !== undefined && value !== null;

/**
 * The part of the server's value that we model: the keys that `like` has. What Nexus takes but never tells
 * (`writeOnly`) stays ours; a flag or a number that some servers do tell counts, as that is no secret. What says the same
 * in other words stays ours, too: it is no drift.
 */
export function pickLike(
  found: unknown,
  like: unknown,
  writeOnly: readonly string[],
  how: Comparison = {},
): unknown {
  if (!isJsonObject(like)) return found === undefined ? null : found;
  const picked: Json = {};
  for (const [key, value] of Object.entries(like)) {
    const theirs = isJsonObject(found) ? found[key] : undefined;
    const ours = writeOnly.includes(key) && !tells(theirs);
    const same = !isJsonObject(value) && equalOn(key, theirs, value, how);
    if (ours || same) picked[key] = value;
    else if (how.shared?.includes(key))
      picked[key] = listOf(value).filter((it) => listOf(theirs).includes(it));
    else picked[key] = pickLike(theirs, value, writeOnly, how);
  }
  return picked;
}

const tells = (value: unknown) => typeof value === "boolean" || typeof value === "number";

/** A wish in two: what the server tells back, and what it only takes. Neither holds empty objects. */
export function splitOff(want: unknown, writeOnly: readonly string[]): { told: Json; secret: Json } {
  const told: Json = {};
  const secret: Json = {};
  for (const [key, value] of Object.entries(isJsonObject(want) ? want : {})) {
    if (writeOnly.includes(key)) secret[key] = value;
    else if (isJsonObject(value)) {
      const inner = splitOff(value, writeOnly);
      if (Object.keys(inner.told).length > 0) told[key] = inner.told;
      if (Object.keys(inner.secret).length > 0) secret[key] = inner.secret;
    } else told[key] = value;
  }
  return { told, secret };
}
