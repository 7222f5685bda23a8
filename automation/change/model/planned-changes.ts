import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";
import { CONTAINER_TYPE } from "../../../components/docker/resource-types";
import { isJsonObject } from "../../../components/values/json-object";
import { resourceName } from "../../engine/resource-words";
import { STACK_TYPE } from "../../engine/stack-state";
import type { Operation, Plan, PlannedChange, ReleaseChange, ToldRelease } from "./change";
import { createdProperties, deletedProperties, updatedProperties } from "./property-changes";
import { type Properties, type Shown, shown, UNKNOWN } from "./shown";

/** The engine's steps that change something. A replacement is three of them, of which the middle one tells all. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
  import: "import",
  "import-replacement": "import",
  // Left by a replacement that was interrupted, or no longer managed but still there.
  "remove-pending-replace": "forget",
  discard: "forget",
};

/** What the engine's events of a preview plan. */
export function planOf(events: readonly EngineEvent[]): Plan {
  const steps = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []).filter(isPlanned);
  const finished = events.flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []);
  const stack = finished.findLast(({ type }) => type === STACK_TYPE);
  const names = generatedNames(steps);
  const steady = <T>(value: T) => withoutGenerated(value, names);
  return {
    resources: steps.map((step) => steady(plannedChange(step))).sort(byUrn),
    releases: releaseChanges(shown(stack?.old?.outputs), shown(stack?.new?.outputs)),
  };
}

/** A component is nothing in the world, and neither is a provider that the engine made by itself. */
function isPlanned({ op, type, urn, old, new: next }: StepEventMetadata): boolean {
  const custom = (next ?? old)?.custom === true;
  const byItself = type.startsWith("pulumi:providers:") && /::default(_[^:]*)?$/.test(urn);
  return Object.hasOwn(OPERATIONS, op) && custom && !byItself;
}

function plannedChange(step: StepEventMetadata): PlannedChange {
  const { urn, type, op } = step;
  // A container that the engine leaves alone is a process's, which Berth ends.
  const kept = op === "delete" && step.old?.retainOnDelete === true && type !== CONTAINER_TYPE;
  const operation = kept ? "forget" : OPERATIONS[op]!;
  return { urn, operation, type, name: resourceName(urn), properties: propertiesOf(operation, step) };
}

function propertiesOf(operation: Operation, step: StepEventMetadata) {
  if (operation === "update" || operation === "replace") return updatedProperties(step);
  if (operation === "delete" || operation === "forget") return deletedProperties(step.old?.inputs ?? {});
  return createdProperties(step.new?.inputs ?? {});
}

/** The order of steps depends on what was ready first. */
function byUrn(a: PlannedChange, b: PlannedChange): number {
  return compare(a.urn, b.urn) || compare(a.operation, b.operation);
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names that a preview made up (`blog-1a2b3c4`): the update will make up others, and so will the next preview. */
function generatedNames(steps: readonly StepEventMetadata[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { urn, old, new: next } of steps) {
    const { name, __defaults: defaults } = (next?.inputs ?? {}) as Properties;
    const logical = resourceName(urn);
    const isMadeUp = typeof name === "string" && Array.isArray(defaults) && defaults.includes("name");
    if (!isMadeUp || name === old?.inputs?.["name"] || !name.startsWith(`${logical}-`)) continue;
    names.set(name, `${logical}-[generated]`);
  }
  return names;
}

function withoutGenerated<T>(value: T, names: ReadonlyMap<string, string>): T {
  if (names.size === 0) return value;
  const walk = (inner: unknown): unknown => {
    if (typeof inner === "string") {
      let text = inner;
      for (const [name, word] of names) text = text.replaceAll(name, word);
      return text;
    }
    if (Array.isArray(inner)) return inner.map(walk);
    if (isJsonObject(inner))
      return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, walk(one)]));
    return inner;
  };
  return walk(value) as T;
}

/** What apps run, before and after, as the stack's outputs tell it. */
function releaseChanges(before: Shown, after: Shown): ReleaseChange[] {
  const [old, next] = [releasesIn(before), releasesIn(after)];
  const apps = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
  return apps.flatMap((app) => {
    const change = { app, ...(old[app] && { before: old[app] }), ...(next[app] && { after: next[app] }) };
    // Of somebody else's image on a new stack nobody knows either, and it is deployed for all that.
    const isThere = old[app] !== undefined && next[app] !== undefined;
    const isSame = isThere && old[app]?.tag === next[app]?.tag && old[app]?.digest === next[app]?.digest;
    return isSame ? [] : [change];
  });
}

/** What each app runs, as the stack's outputs tell it. */
export function releasesIn(outputs: Shown): Record<string, ToldRelease> {
  const apps = isJsonObject(outputs) ? outputs["apps"] : undefined;
  if (!isJsonObject(apps)) return {};
  const entries = Object.entries(apps).flatMap(([app, told]) => {
    const release = isJsonObject(told) ? told["release"] : undefined;
    return isJsonObject(release) ? [[app, toldRelease(release)] as const] : [];
  });
  return Object.fromEntries(entries);
}

function toldRelease({ tag, digest }: Properties): ToldRelease {
  const isTold = (value: unknown): value is string => typeof value === "string" && value !== UNKNOWN;
  return { ...(isTold(tag) && { tag }), ...(isTold(digest) && { digest }) };
}
