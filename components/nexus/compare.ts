/** Comparing and merging plain JSON values, for what we want against what Nexus has. */

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether the server's value is what we want. Only what we ask for counts: a field we don't name may be
 * anything. Lists named in `unordered` compare as sets; `writePolicy` ignores case, as Nexus does.
 */
export function equalOn(
  field: string,
  have: unknown,
  want: unknown,
  unordered: readonly string[] = [],
): boolean {
  if (want === undefined) return true;
  if (isObject(want)) {
    if (!isObject(have)) return false;
    return Object.keys(want).every((key) => equalOn(key, have[key], want[key], unordered));
  }
  if (Array.isArray(want)) {
    if (!Array.isArray(have) || have.length !== want.length) return false;
    if (!unordered.includes(field)) return want.every((item, i) => equalOn("", have[i], item));
    const [a, b] = [have.map(String).sort(), want.map(String).sort()];
    return a.every((item, i) => item === b[i]);
  }
  if (field === "writePolicy") return String(have).toUpperCase() === String(want).toUpperCase();
  return have === want;
}

/** The server's object with the wanted fields laid over it, objects merged, lists replaced. */
export function mergeInto(existing: unknown, want: unknown): Json {
  const merged: Json = isObject(existing) ? { ...existing } : {};
  for (const [key, value] of Object.entries((want ?? {}) as Json)) {
    if (value === undefined) continue;
    merged[key] = isObject(value) ? mergeInto(merged[key], value) : value;
  }
  return merged;
}

/** The part of the server's value that we model: the keys that `like` has. Secrets it doesn't tell stay ours. */
export function pickLike(found: unknown, like: unknown): unknown {
  if (!isObject(like)) return found === undefined ? null : found;
  const picked: Json = {};
  for (const [key, value] of Object.entries(like)) {
    const theirs = isObject(found) ? found[key] : undefined;
    picked[key] = key === "password" ? value : pickLike(theirs, value);
  }
  return picked;
}
