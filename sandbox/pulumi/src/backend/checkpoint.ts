import type { Json, JsonObject } from "../values/wire";

/** A resource as state files hold it (apitype.ResourceV3), in the order in which Go writes the members. */
export const RESOURCE_MEMBERS = [
  "urn",
  "custom",
  "delete",
  "id",
  "type",
  "inputs",
  "outputs",
  "parent",
  "protect",
  "taint",
  "external",
  "dependencies",
  "initErrors",
  "provider",
  "propertyDependencies",
  "pendingReplacement",
  "additionalSecretOutputs",
  "aliases",
  "customTimeouts",
  "importID",
  "retainOnDelete",
  "deletedWith",
  "replaceWith",
  "created",
  "modified",
  "sourcePosition",
  "stackTrace",
  "ignoreChanges",
  "hideDiff",
  "replaceOnChanges",
  "replacementTrigger",
  "refreshBeforeUpdate",
  "viewOf",
  "resourceHooks",
  "extensionRef",
  "snippetID",
] as const;

export type ResourceJson = { [member in (typeof RESOURCE_MEMBERS)[number]]?: Json } & {
  urn: string;
  custom: boolean;
  type: string;
};

export interface OperationJson {
  resource: ResourceJson;
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
}

export interface DeploymentJson {
  manifest: { time: string; magic: string; version: string };
  secrets_providers?: { type: string; state?: { salt?: string } & JsonObject };
  resources?: ResourceJson[];
  pending_operations?: OperationJson[];
  metadata?: JsonObject;
}

export interface CheckpointJson {
  version: 3;
  checkpoint: { stack: string; latest?: DeploymentJson };
}

/** Parses a state file; `source` is named in errors. */
export function parseCheckpoint(text: string, source: string): CheckpointJson {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`could not read the state in ${source}: ${(error as Error).message}`);
  }
  const checkpoint = parsed as CheckpointJson;
  if (checkpoint?.version !== 3 || typeof checkpoint.checkpoint !== "object") {
    throw new Error(`could not read the state in ${source}: only checkpoints of version 3 are supported`);
  }
  return checkpoint;
}
