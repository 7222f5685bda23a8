import type { EngineEvent } from "@pulumi/pulumi/automation";
import { type KnownNames, resourcePhrase, resourceWords } from "../engine/resource-words";
import { wrapped } from "../terminal/text-table";
import type { PlannedChange, ReleaseChange } from "./model/change";
import { planOf } from "./model/planned-changes";
import { type Around, whyReplaced } from "./model/reasons";
import { oneLine } from "./note/markdown";

/** The changes in the product's words, each replacement with why. */
export function inWords(
  resources: readonly PlannedChange[],
  names: KnownNames,
  program: Pick<Around, "dependenciesOf">,
  releases: readonly ReleaseChange[] = [],
): PlannedChange[] {
  const replaced = new Set(
    resources.filter(({ operation }) => operation === "replace").map(({ urn }) => urn),
  );
  const around: Around = {
    replaced,
    releases,
    dependenciesOf: (urn) => program.dependenciesOf(urn),
    phrase: (urn) => resourcePhrase(urn, names),
  };
  return resources.map((one) => ({
    ...one,
    what: resourceWords(one.urn, names),
    ...(replaced.has(one.urn) && { because: whyReplaced(one, around) }),
  }));
}

/** What the engine's events of an update have replaced, and why. */
export function replacementsIn(
  events: readonly EngineEvent[],
  names: KnownNames,
  program: Pick<Around, "dependenciesOf">,
): Replaced[] {
  const { resources } = planOf(events);
  return replacedOf(inWords(resources, names, program));
}

/** What was replaced for one reason. */
export interface Replaced {
  readonly what: readonly string[];
  readonly because: string;
}

/** A container and its image are replaced for the same reason, on each server: that is said once. */
export function replacedOf(resources: readonly PlannedChange[]): Replaced[] {
  const reasons = new Map<string, string[]>();
  for (const { name, what = name, because } of resources)
    if (because !== undefined) reasons.set(because, [...(reasons.get(because) ?? []), what]);
  return [...reasons].map(([because, what]) => ({ what, because }));
}

/** `replaced: blog on web1: container, …`, and below it why. */
export function replacedLines(replaced: readonly Replaced[], columns: number): string[] {
  const indent = " ".repeat("replaced: ".length);
  return replaced.flatMap(({ what, because }) => [
    ...wrapped(`replaced: ${oneLine(what.join(", "))}`, columns, indent),
    ...wrapped(`${indent}because ${oneLine(because)}`, columns, indent),
  ]);
}
