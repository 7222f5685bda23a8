import { isDeepStrictEqual } from "node:util";
import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import type { PropertyChange } from "./change";
import { formatPath, type PathPart, parsePath, valueAt } from "./property-path";
import { isMap, isSecret, type Properties, SECRET, type Shown, shown } from "./shown";

export type Step = Pick<StepEventMetadata, "old" | "new" | "keys" | "diffs" | "detailedDiff">;

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
  const both = [old, next];
  if (both.every((side) => isMap(side) && !isSecret(side))) {
    const [left, right] = both as [Properties, Properties];
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter(isTold(parts)).sort();
    return keys.flatMap((key) => differences(left[key], right[key], [...parts, key]));
  }
  if (both.every(Array.isArray)) {
    const [left, right] = both as [unknown[], unknown[]];
    const longest = Math.max(left.length, right.length);
    return Array.from({ length: longest }, (_, index) => index).flatMap((index) =>
      differences(left[index], right[index], [...parts, index]),
    );
  }
  return isDeepStrictEqual(shown(old), shown(next)) ? [] : [told(parts, old, next)];
}

/** Secrets are blanked on both sides: all that is known is that one of them may be another. */
function secretLeaves(value: unknown, parts: readonly PathPart[]): PropertyChange[] {
  if (isSecret(value)) return [{ path: formatPath(parts), old: SECRET, new: SECRET }];
  if (Array.isArray(value)) return value.flatMap((inner, index) => secretLeaves(inner, [...parts, index]));
  if (!isMap(value)) return [];
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
    : isMap(value) && !isSecret(value)
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
  const defaults = Array.isArray(inputs["__defaults"]) ? (inputs["__defaults"] as unknown[]) : [];
  const entries = Object.entries(inputs).filter(([key]) => !defaults.includes(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, cleaned(value)]));
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  return isMap(value) && !isSecret(value) ? withoutDefaults(value) : value;
}
