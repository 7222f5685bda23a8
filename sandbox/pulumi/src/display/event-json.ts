import type { EngineEvent, StepMetadata } from "../engine/events";
import type { ResourceState } from "../engine/resource-state";
import { SECRET, SIGNATURE } from "../values/signatures";
import { type Crypter, mapToState } from "../values/state-values";
import { isMap, type PropertyMap, type PropertyValue, Secret } from "../values/value";
import type { Json, JsonObject } from "../values/wire";

/** An event as the real CLI writes it to event logs (apitype.EngineEvent); secrets are blanked out. */
export function eventToJson(event: EngineEvent, sequence: number): JsonObject {
  const timestamp = Math.floor(Date.now() / 1000);
  return { sequence, timestamp, ...payload(event) };
}

function payload(event: EngineEvent): JsonObject {
  switch (event.kind) {
    case "prelude":
      return { preludeEvent: { config: { ...event.config } } };
    case "cancel":
      return { cancelEvent: {} };
    case "diagnostic":
      return { diagnosticEvent: diagnostic(event) };
    case "resource-pre":
      return { resourcePreEvent: { metadata: metadata(event.step), ...planning(event.planning) } };
    case "resource-outputs":
      return { resOutputsEvent: { metadata: metadata(event.step), ...planning(event.planning) } };
    case "resource-failed":
      return { resOpFailedEvent: { metadata: metadata(event.step), status: 1, steps: 0 } };
    case "summary":
      return {
        summaryEvent: {
          maybeCorrupt: false,
          durationSeconds: Number(event.duration / 1_000_000_000n),
          resourceChanges: sortedChanges(event.changes),
          PolicyPacks: {},
          isPreview: event.preview,
          result: event.failed ? "failed" : "succeeded",
        },
      };
  }
}

export function sortedChanges(changes: { readonly [op: string]: number | undefined }): JsonObject {
  return Object.fromEntries(
    Object.keys(changes)
      .sort()
      .map((op) => [op, changes[op] ?? 0]),
  );
}

function planning(value: boolean): JsonObject {
  return value ? { planning: true } : {};
}

function diagnostic(event: EngineEvent & { kind: "diagnostic" }): JsonObject {
  const { urn, severity, message, streamId, ephemeral } = event;
  const prefix: JsonObject =
    severity === "info" || severity === "info#err" ? {} : { prefix: `${severity}: ` };
  return {
    ...(urn === "" ? {} : { urn }),
    ...prefix,
    message: message.endsWith("\n") ? message : `${message}\n`,
    color: "never",
    severity,
    ...(streamId === 0 ? {} : { streamID: streamId }),
    ...(ephemeral ? { ephemeral } : {}),
  };
}

function metadata(step: StepMetadata): JsonObject {
  const details = step.detailedDiff;
  return {
    op: step.op,
    urn: step.urn,
    type: step.type,
    old: state(step.old),
    new: state(step.new),
    ...(step.keys.length > 0 ? { keys: [...step.keys] } : {}),
    ...(step.diffs.length > 0 ? { diffs: [...step.diffs] } : {}),
    detailedDiff: details
      ? Object.fromEntries(
          Object.entries(details).map(([path, { kind, inputDiff }]) => [path, { diffKind: kind, inputDiff }]),
        )
      : null,
    ...(step.logical ? { logical: true } : {}),
    provider: step.provider,
  };
}

function state(resource: ResourceState | undefined): Json {
  if (!resource) return null;
  return {
    type: resource.type,
    urn: resource.urn,
    ...(resource.custom ? { custom: true } : {}),
    ...(resource.delete ? { delete: true } : {}),
    id: resource.id,
    parent: resource.parent,
    ...(resource.protect ? { protect: true } : {}),
    ...(resource.external ? { external: true } : {}),
    ...(resource.retainOnDelete ? { retainOnDelete: true } : {}),
    inputs: blanked(resource.inputs),
    outputs: blanked(resource.outputs),
    provider: resource.provider,
    ...(resource.initErrors.length > 0 ? { initErrors: resource.initErrors } : {}),
  };
}

function blanked(map: PropertyMap): JsonObject {
  const json: JsonObject = {};
  for (const key of Object.keys(map).sort()) json[key] = blank(map[key]!);
  return json;
}

function blank(value: PropertyValue): Json {
  if (value instanceof Secret) return { [SIGNATURE]: SECRET, ciphertext: "[secret]" };
  if (Array.isArray(value)) return value.map(blank);
  if (isMap(value)) return blanked(value);
  return mapToState({ value }, NO_CRYPTER, "masked")["value"] ?? null;
}

const NO_CRYPTER: Crypter = { encrypt: () => "[secret]", decrypt: () => "[secret]" };
