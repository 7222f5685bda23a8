import { type OperationJson, RESOURCE_MEMBERS, type ResourceJson } from "../backend/checkpoint";
import { type Crypter, mapFromState, mapToState, type SecretStyle } from "../values/state-values";
import type { PropertyMap } from "../values/value";
import type { Json, JsonObject } from "../values/wire";

/** Seconds. */
export interface CustomTimeouts {
  create?: number;
  update?: number;
  delete?: number;
  read?: number;
}

/** One resource of a stack: of the last run, of this one, or both in turn. */
export interface ResourceState {
  urn: string;
  type: string;
  custom: boolean;
  /** Replaced, its deletion still to come. */
  delete: boolean;
  id: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
  parent: string;
  protect: boolean;
  /** Only read, never owned. */
  external: boolean;
  dependencies: string[];
  initErrors: string[];
  /** `<urn>::<id>`, empty for components and providers. */
  provider: string;
  propertyDependencies: { [property: string]: string[] };
  /** Deleted, its replacement still to come. */
  pendingReplacement: boolean;
  additionalSecretOutputs: string[];
  aliases: string[];
  customTimeouts: CustomTimeouts;
  retainOnDelete: boolean;
  deletedWith: string;
  created: string;
  modified: string;
  sourcePosition: string;
  stackTrace: JsonObject[];
  ignoreChanges: string[];
  replaceOnChanges: string[];
  /** What other engines wrote and this one only passes on. */
  extra: { [member: string]: Json };
}

export interface PendingOperation {
  readonly resource: ResourceState;
  readonly type: OperationJson["type"];
}

const MODELLED = new Set<string>(
  RESOURCE_MEMBERS.filter(
    (member) =>
      ![
        "taint",
        "importID",
        "replaceWith",
        "hideDiff",
        "replacementTrigger",
        "refreshBeforeUpdate",
        "viewOf",
        "resourceHooks",
        "extensionRef",
        "snippetID",
      ].includes(member),
  ),
);

export function emptyState(urn: string, type: string, custom: boolean): ResourceState {
  return {
    urn,
    type,
    custom,
    delete: false,
    id: "",
    inputs: {},
    outputs: {},
    parent: "",
    protect: false,
    external: false,
    dependencies: [],
    initErrors: [],
    provider: "",
    propertyDependencies: {},
    pendingReplacement: false,
    additionalSecretOutputs: [],
    aliases: [],
    customTimeouts: {},
    retainOnDelete: false,
    deletedWith: "",
    created: "",
    modified: "",
    sourcePosition: "",
    stackTrace: [],
    ignoreChanges: [],
    replaceOnChanges: [],
    extra: {},
  };
}

export function stateFromJson(json: ResourceJson, crypter: Crypter): ResourceState {
  const state = emptyState(json.urn, json.type, json.custom);
  const target = state as unknown as { [member: string]: unknown };
  for (const [member, value] of Object.entries(json)) {
    if (value === undefined) continue;
    if (member === "inputs" || member === "outputs")
      target[member] = mapFromState(value as JsonObject, crypter);
    else if (MODELLED.has(member)) target[member] = value;
    else state.extra[member] = value;
  }
  return state;
}

/** As Go writes it: members in its order, empty ones left out. */
export function stateToJson(state: ResourceState, crypter: Crypter, style: SecretStyle): ResourceJson {
  const source: { [member: string]: unknown } = {
    ...state.extra,
    ...state,
    inputs: mapToState(state.inputs, crypter, style),
    outputs: mapToState(state.outputs, crypter, style),
    propertyDependencies: sortKeys(state.propertyDependencies),
    customTimeouts: timeoutsToJson(state.customTimeouts),
  };
  const json: { [member: string]: unknown } = {};
  for (const member of RESOURCE_MEMBERS) {
    const value = source[member];
    if (member === "urn" || member === "custom" || member === "type" || !isEmpty(value)) json[member] = value;
  }
  return json as ResourceJson;
}

function timeoutsToJson(timeouts: CustomTimeouts): JsonObject {
  const { create, update, delete: remove, read } = timeouts;
  const json: JsonObject = {};
  if (create) json["create"] = create;
  if (update) json["update"] = update;
  if (remove) json["delete"] = remove;
  if (read) json["read"] = read;
  return json;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function sortKeys<T>(object: { [key: string]: T }): { [key: string]: T } {
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, object[key]!]),
  );
}
