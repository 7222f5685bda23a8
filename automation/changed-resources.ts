import type { EngineEvent } from "@pulumi/pulumi/automation";
import { resourceName } from "./stack-state";

/** Operations that leave the world as it is; `read` and `discard` are a stack reference's. */
const QUIET_OPERATIONS = ["same", "read", "refresh", "discard"];

/** What an operation did: operation → number of resources, without those that stay as they are. */
export function changesOf(summary: Partial<Record<string, number>> | undefined): Record<string, number> {
  const entries = Object.entries(summary ?? {}).filter(
    ([operation, count]) => count && !QUIET_OPERATIONS.includes(operation),
  );
  return Object.fromEntries(entries) as Record<string, number>;
}

/** One thing that an operation did, or would do, to a resource. */
export interface ResourceChange {
  /** As the engine names it: create, update, create-replacement, delete-replaced, … */
  readonly operation: string;
  readonly type: string;
  readonly name: string;
}

/** Whether the engine begins to change something in the world: no component, no provider, not the stack itself. */
export function isChangeOfWorld({ resourcePreEvent }: EngineEvent): boolean {
  if (!resourcePreEvent) return false;
  const { op, type, new: wanted, old } = resourcePreEvent.metadata;
  const { custom } = wanted ?? old ?? {};
  return (
    custom === true && !type.startsWith("pulumi:providers:") && ![...QUIET_OPERATIONS, "replace"].includes(op)
  );
}

/** Collects the changes from the engine's events. */
export class ChangedResources {
  readonly changes: ResourceChange[] = [];

  readonly onEvent = ({ resourcePreEvent }: EngineEvent): void => {
    if (!resourcePreEvent) return;
    const { op, type, urn } = resourcePreEvent.metadata;
    // `replace` stands between the creation and the deletion of one; a provider is nothing in the world.
    const quiet = [...QUIET_OPERATIONS, "replace"].includes(op) || type.startsWith("pulumi:providers:");
    if (!quiet) this.changes.push({ operation: op, type, name: resourceName(urn) });
  };
}
