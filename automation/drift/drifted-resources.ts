import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";
import { isJsonObject } from "../../components/values/json-object";
import type { PropertyChange } from "../change/model/change";
import { compare } from "../change/model/planned-changes";
import { changedPlaces, differences, type PathPart, valueAt } from "../change/model/property-changes";
import { type KnownNames, resourceName, resourceWords } from "../engine/resource-words";
import type { DriftedResource } from "./drift";

/** What a builder's Docker holds is a cache: each job of a CI may have a new one. */
const CACHED = /berth:app:AppImage\$docker:index\/remoteImage:RemoteImage::/;

/** Collects what differs from the engine's events of a refresh. */
export class DriftedResources {
  private readonly found: DriftedResource[] = [];

  constructor(private readonly names: KnownNames) {}

  readonly onEvent = ({ resOutputsEvent }: EngineEvent): void => {
    if (!resOutputsEvent || !isDrift(resOutputsEvent.metadata)) return;
    const { op, urn, type } = resOutputsEvent.metadata;
    const gone = op === "delete";
    this.found.push({
      urn,
      type,
      name: resourceName(urn),
      what: resourceWords(urn, this.names),
      state: gone ? "gone" : "changed",
      properties: gone ? [] : driftedProperties(resOutputsEvent.metadata),
    });
  };

  get resources(): DriftedResource[] {
    return [...this.found].sort((a, b) => compare(a.urn, b.urn));
  }
}

/** What is only read, as another stack's outputs are, isn't managed: the real engine always finds it changed. */
function isDrift({ op, urn, type, old }: StepEventMetadata): boolean {
  if ((op !== "update" && op !== "delete") || !old?.custom) return false;
  if (type === "pulumi:pulumi:StackReference") return false;
  return !CACHED.test(urn) && old.inputs?.["fleeting"] !== true;
}

/**
 * What the program had asked for against what is there. A provider may tell the world by a resource's inputs, or only by
 * its outputs; a dynamic one says nothing of where to look.
 */
function driftedProperties(step: StepEventMetadata): PropertyChange[] {
  const wanted = step.old?.inputs ?? {};
  const changes = changedPlaces(step).flatMap(({ parts }) => {
    const places =
      parts.length > 0
        ? [parts]
        : Object.keys(wanted)
            .filter(isOurs)
            .map((key) => [key]);
    return places.flatMap((place) => driftAt(step, place));
  });
  return [...new Map(changes.map((change) => [change.path, change])).values()];
}

function driftAt({ old, new: found }: StepEventMetadata, parts: readonly PathPart[]): PropertyChange[] {
  const wanted = valueAt(old?.inputs, parts);
  const byInputs = differences(wanted, valueAt(found?.inputs, parts), parts);
  if (byInputs.length > 0) return byInputs;
  const there = valueAt(found?.outputs, parts);
  return there === undefined ? [] : differences(wanted, inShapeOf(wanted, there), parts);
}

/** What a provider adds by itself, deep in an object that the program gave in part, is no difference. */
function inShapeOf(wanted: unknown, there: unknown): unknown {
  if (!isJsonObject(wanted) || !isJsonObject(there)) return there;
  const entries = Object.keys(wanted).map((key) => [key, inShapeOf(wanted[key], there[key])]);
  return Object.fromEntries(entries);
}

function isOurs(property: string): boolean {
  return !property.startsWith("__") && property !== "code";
}
