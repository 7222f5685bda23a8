import type { PlannedChange, PropertyChange, ReleaseChange } from "./change";
import { parsePath } from "./property-changes";
import { SECRET, type Shown, UNKNOWN } from "./shown";

/** What is known around one replacement. */
export interface Around {
  /** URNs of all that is replaced. */
  readonly replaced: ReadonlySet<string>;
  /** Of each property of a resource: the URNs of what its value was made of; `provider` of what manages it. */
  dependenciesOf(urn: string): ReadonlyMap<string, readonly string[]>;
  /** The releases that change: what an image becomes is known of them before the engine knows it. */
  readonly releases: readonly ReleaseChange[];
  /** `image of blog on web1`. */
  phrase(urn: string): string;
}

/** The engine's properties that the product has another word for. */
const NOUNS: ReadonlyMap<string, string> = new Map([
  ["cpus", "CPU limit"],
  ["entrypoints", "entrypoint"],
  ["envs", "environment variables"],
  ["hosts", "extra hosts"],
  ["keepers", "rotation"],
  ["networksAdvanced", "network"],
  ["provider", "connection"],
  ["uploads", "files"],
]);

/** Longer ones help nobody within a sentence; `--diff` and the note's folds have them. */
const LONGEST_VALUE = 40;
const MOST_NAMES = 4;

/**
 * Why a resource is replaced, as what follows "because": `its image changes: sha256:aa… → sha256:bb…`, or that what one of its
 * properties is made of is replaced itself. A secret is named and never shown.
 */
export function whyReplaced(
  { urn, type, properties }: Pick<PlannedChange, "urn" | "type" | "properties">,
  around: Around,
): string {
  const made = around.dependenciesOf(urn);
  const source = (property: string) => made.get(property)?.find((one) => around.replaced.has(one));
  const groups = byProperty(
    properties.filter(({ replaces }) => replaces).map((change) => ofRelease(change, around.releases)),
  );
  // Of what has to go before what it is made of, the engine says nothing but that.
  if (groups.size === 0)
    for (const property of made.keys()) if (source(property) !== undefined) groups.set(property, []);
  const changing: Part[] = [];
  const sentences: string[] = [];
  for (const [property, changes] of groups) {
    const noun = nounOf(property, type);
    const from = changes.every(isOpen) ? source(property) : undefined;
    if (from === undefined) changing.push({ noun: namedNoun(noun, property, changes), changes });
    else sentences.push(`its ${noun} ${changesOf(noun)} with the ${around.phrase(from)}, which is replaced`);
  }
  if (changing.length > 0) sentences.unshift(changeSentence(changing));
  return sentences.join(", and ") || "the engine says that it has to be, and not why";
}

/** With the release that an image becomes. */
function ofRelease(change: PropertyChange, releases: readonly ReleaseChange[]): PropertyChange {
  if (change.new !== UNKNOWN || typeof change.old !== "string") return change;
  const [, digest] = /@(sha256:[0-9a-f]{64})$/.exec(change.old) ?? [];
  const release = digest && releases.find(({ before }) => before?.digest === digest);
  return release ? { ...change, new: release.after?.digest ?? BUILT } : change;
}

/** An image that is yet to be made. */
const BUILT = "built by the update";

function byProperty(changes: readonly PropertyChange[]): Map<string, PropertyChange[]> {
  const groups = new Map<string, PropertyChange[]>();
  for (const change of changes) {
    const property = String(parsePath(change.path)[0] ?? change.path);
    groups.set(property, [...(groups.get(property) ?? []), change]);
  }
  return groups;
}

interface Part {
  readonly noun: string;
  readonly changes: readonly PropertyChange[];
}

function changeSentence(parts: readonly Part[]): string {
  const nouns = parts.map(({ noun, changes }) => (changes.some(isSecret) ? `${noun} (secret)` : noun));
  const [last] = nouns.slice(-1);
  const all = nouns.length > 1 ? `${nouns.slice(0, -1).join(", ")} and ${last}` : last!;
  const verb = parts.length > 1 ? "change" : changesOf(parts[0]!.noun);
  return `its ${all} ${verb}${parts.length === 1 ? valuesText(parts[0]!.changes) : ""}`;
}

/** That it becomes another value by itself isn't known: it is not known yet, or the same as before. */
function isOpen({ old, new: next }: PropertyChange): boolean {
  const isMadeUp = typeof next === "string" && (next === UNKNOWN || next.includes("-[generated]"));
  return isMadeUp || JSON.stringify(old) === JSON.stringify(next);
}

const isSecret = ({ old, new: next }: PropertyChange) =>
  [old, next].some((value) => value !== undefined && JSON.stringify(value).includes(SECRET));

/** Of `environment variables A, B` and `labels`, not of `address` and `environment variable A`. */
const changesOf = (noun: string) =>
  /^environment variables/.test(noun) || /[^s]s$/.test(noun) ? "change" : "changes";

function nounOf(property: string, type: string): string {
  if (property === "name" && type.endsWith(":RemoteImage")) return "image";
  return NOUNS.get(property) ?? property.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** `environment variables BANNER, MODE`, where it is known which. */
function namedNoun(noun: string, property: string, changes: readonly PropertyChange[]): string {
  if (property !== "envs") return noun;
  const [old, next] = [variablesIn(changes, "old"), variablesIn(changes, "new")];
  const names = [...old.keys(), ...next.keys()].filter((name) => old.get(name) !== next.get(name));
  const known = [...new Set(names)];
  if (known.length === 0) return noun;
  const more = known.length > MOST_NAMES ? [`${known.length - MOST_NAMES} more`] : [];
  const one = known.length === 1 ? "environment variable" : noun;
  return `${one} ${[...known.slice(0, MOST_NAMES), ...more].join(", ")}`;
}

function variablesIn(changes: readonly PropertyChange[], side: "old" | "new"): ReadonlyMap<string, string> {
  const pairs = changes.flatMap(({ [side]: value }) => {
    const [, name, rest = ""] = (typeof value === "string" && /^(\w+)=(.*)$/s.exec(value)) || [];
    return name === undefined ? [] : [[name, rest] as const];
  });
  return new Map(pairs);
}

/** `: sha256:aa… → sha256:bb…` of one value that is short and no secret; a variable is named and not told. */
function valuesText(changes: readonly PropertyChange[]): string {
  const [change, ...more] = changes;
  if (change === undefined || more.length > 0 || isSecret(change) || change.path.startsWith("envs"))
    return "";
  const [old, next] = [valueText(change.old), valueText(change.new)];
  if (old === undefined || next === undefined) return "";
  if (old !== next) return `: ${old} → ${next}`;
  const [from, to] = [registryOf(change.old), registryOf(change.new)];
  return from === to ? "" : `: ${from} → ${to}`;
}

function valueText(value: Shown | undefined): string | undefined {
  if (value === undefined || value === null) return "none";
  if (value === UNKNOWN) return "known after the update";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return undefined;
  const digest = /sha256:[0-9a-f]{12}(?=[0-9a-f]{52}$)/.exec(value)?.[0];
  if (digest !== undefined) return digest;
  return value === "" ? "none" : value.length <= LONGEST_VALUE && !value.includes("\n") ? value : undefined;
}

/** Of a reference whose digest is the same: where it is. */
const registryOf = (value: Shown | undefined) => String(value).replace(/@sha256:.*$/, "");
