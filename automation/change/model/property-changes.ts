import { isDeepStrictEqual } from "node:util";
import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { isJsonObject } from "../../../components/values/json-object";
import type { PropertyChange } from "./change";
import { isSecret, isUnknown, type Properties, SECRET, type Shown, shown } from "./shown";

export type Step = Pick<StepEventMetadata, "old" | "new" | "keys" | "diffs" | "detailedDiff">;
export type PathPart = string | number;

/**
 * What an update or a replacement changes, down to single values. The provider's own diff says where to look, as finely
 * as it can; inputs are compared there, and where they are the same (the world has drifted) the state with the inputs.
 */
export function updatedProperties(step: Step): PropertyChange[] {
  const replaceKeys = new Set(step.keys ?? []);
  const changes = changedPlaces(step).flatMap(({ parts, replaces }) =>
    changesAt(step, parts).map((change) => (replaces ? { ...change, replaces } : change)),
  );
  const marked = changes.map((change) =>
    replaceKeys.has(String(parsePath(change.path)[0])) ? { ...change, replaces: true as const } : change,
  );
  return [...new Map(marked.map((change) => [change.path, change])).values()];
}

/** Everything the program says of a new resource; what providers add by default is left out. */
export function createdProperties(inputs: Properties): PropertyChange[] {
  return leaves(withoutDefaults(inputs)).map(({ path, value }) => ({ path, new: value }));
}

/** Everything the program had said of what is deleted. */
export function deletedProperties(inputs: Properties): PropertyChange[] {
  return leaves(withoutDefaults(inputs)).map(({ path, value }) => ({ path, old: value }));
}

/** Where the provider says that something changes. */
export interface Place {
  readonly parts: readonly PathPart[];
  readonly replaces?: true;
}

export function changedPlaces(step: Step): Place[] {
  const detailed = Object.entries(step.detailedDiff ?? {});
  const places: Place[] = detailed.map(([path, { diffKind }]) => ({
    parts: parsePath(path),
    ...(diffKind.endsWith("-replace") && { replaces: true as const }),
  }));
  const known = new Set(places.map(({ parts }) => parts[0]));
  const named = [...(step.diffs ?? []), ...(step.keys ?? [])].filter((property) => !known.has(property));
  places.push(...[...new Set(named)].map((property) => ({ parts: [property] })));
  return places.length > 0 ? places : [{ parts: [] }];
}

function changesAt(step: Step, parts: readonly PathPart[]): PropertyChange[] {
  const wanted = valueAt(step.new?.inputs, parts);
  const had = valueAt(step.old?.inputs, parts);
  const byInputs = differences(had, wanted, parts);
  if (byInputs.length > 0) return byInputs;
  const secrets = secretLeaves(wanted, parts);
  if (secrets.length > 0) return secrets;
  if (parts.length === 0) return [];
  const drifted = differences(valueAt(step.old?.outputs, parts), wanted, parts);
  // The provider says it changes, and the engine doesn't tell how.
  return drifted.length > 0 ? drifted : [told(parts, had, wanted)];
}

/** Down to single values; two secrets can't be told apart. */
export function differences(old: unknown, next: unknown, parts: readonly PathPart[]): PropertyChange[] {
  if (isSecret(old) && isSecret(next)) return [];
  if (isJsonObject(old) && isJsonObject(next) && !isSecret(old) && !isSecret(next)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(isTold(parts)).sort();
    return keys.flatMap((key) => differences(old[key], next[key], [...parts, key]));
  }
  if (Array.isArray(old) && Array.isArray(next)) {
    const longest = Math.max(old.length, next.length);
    return Array.from({ length: longest }, (_, index) => index).flatMap((index) =>
      differences(old[index], next[index], [...parts, index]),
    );
  }
  return isDeepStrictEqual(shown(old), shown(next)) ? [] : [told(parts, old, next)];
}

/** Secrets are blanked on both sides: all that is known is that one of them may be another. */
function secretLeaves(value: unknown, parts: readonly PathPart[]): PropertyChange[] {
  if (isSecret(value)) return [{ path: formatPath(parts), old: SECRET, new: SECRET }];
  if (Array.isArray(value)) return value.flatMap((inner, index) => secretLeaves(inner, [...parts, index]));
  if (!isJsonObject(value)) return [];
  const told = Object.entries(value).filter(([key]) => isTold(parts)(key));
  return told.flatMap(([key, inner]) => secretLeaves(inner, [...parts, key]));
}

function told(parts: readonly PathPart[], old: unknown, next: unknown): PropertyChange {
  return {
    path: formatPath(parts),
    ...(old !== undefined && { old: shown(old) }),
    ...(next !== undefined && { new: shown(next) }),
  };
}

function leaves(value: unknown, parts: readonly PathPart[] = []): { path: string; value: Shown }[] {
  const inner: [PathPart, unknown][] | undefined = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : isJsonObject(value) && !isSecret(value)
      ? Object.entries(value).filter(([key]) => isTold(parts)(key))
      : undefined;
  if (inner === undefined || (inner.length === 0 && parts.length > 0)) {
    return [{ path: formatPath(parts), value: shown(value) }];
  }
  return inner.flatMap(([part, item]) => leaves(item, [...parts, part]));
}

/** Names that begin with two underscores are bookkeeping: `__provider`, `__meta`, and at any depth `__defaults`. */
function isTold(parts: readonly PathPart[]): (key: string) => boolean {
  return (key) => key !== "__defaults" && !(parts.length === 0 && key.startsWith("__"));
}

/** `__defaults` lists what a provider has added by itself; an automatic name among them is another in each preview. */
function withoutDefaults(inputs: Properties): Properties {
  const named = inputs["__defaults"];
  const defaults: unknown[] = Array.isArray(named) ? named : [];
  const entries = Object.entries(inputs).filter(([key]) => !defaults.includes(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, cleaned(value)]));
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  return isJsonObject(value) && !isSecret(value) ? withoutDefaults(value) : value;
}

/** `ports[0].internal`, `labels["a.b"]`: as the engine writes paths (Pulumi's PropertyPath). */
export function formatPath(parts: readonly PathPart[]): string {
  return parts
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[^."[\]]+$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}

/** The parts of a path of the engine's. One that isn't well-formed is the name of one property. */
export function parsePath(path: string): PathPart[] {
  const parts: PathPart[] = [];
  let rest = path;
  while (rest !== "") {
    const match = /^(?:\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([^.[\]"]+))/.exec(rest);
    if (!match) return [path];
    const [whole, index, quoted, name = ""] = match;
    parts.push(index !== undefined ? Number(index) : quoted !== undefined ? unquoted(quoted) : name);
    rest = rest.slice(whole.length);
  }
  return parts;
}

/** Undefined where there is nothing. Within a secret all is secret, and within what isn't known all is unknown. */
export function valueAt(value: unknown, parts: readonly PathPart[]): unknown {
  return parts.reduce<unknown>((inner, part) => {
    if (isSecret(inner) || isUnknown(inner)) return inner;
    if (Array.isArray(inner) && typeof part === "number") return inner[part];
    return isJsonObject(inner) && typeof part === "string" && Object.hasOwn(inner, part)
      ? inner[part]
      : undefined;
  }, value);
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}
