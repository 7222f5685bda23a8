import type { EngineEvent } from "@pulumi/pulumi/automation";
import type { EngineRun } from "./interruptible";
import { resourceName } from "./resource-words";

/** Operations that leave the world as it is; `read` and `discard` are a stack reference's. */
const QUIET_OPERATIONS = ["same", "read", "refresh", "discard"];

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
  /**
   * What the operation did, as the engine counts at its end: operation → number of resources, components and providers too, without
   * those that stay as they are.
   */
  summary: Readonly<Record<string, number>> = {};

  /** The same operation, heard by this too. */
  besides({ onEvent: tell, ...run }: EngineRun): EngineRun {
    const onEvent = (event: EngineEvent) => {
      this.onEvent(event);
      tell(event);
    };
    return { ...run, onEvent };
  }

  readonly onEvent = ({ resourcePreEvent, summaryEvent }: EngineEvent): void => {
    if (summaryEvent) this.summary = loud(summaryEvent.resourceChanges);
    if (!resourcePreEvent) return;
    const { op, type, urn } = resourcePreEvent.metadata;
    // `replace` stands between the creation and the deletion of one; a provider is nothing in the world.
    const quiet = [...QUIET_OPERATIONS, "replace"].includes(op) || type.startsWith("pulumi:providers:");
    if (!quiet) this.changes.push({ operation: op, type, name: resourceName(urn) });
  };
}

function loud(counts: Partial<Record<string, number>>): Record<string, number> {
  const changes = Object.entries(counts).flatMap(([operation, count]) =>
    count && !QUIET_OPERATIONS.includes(operation) ? [[operation, count] as const] : [],
  );
  return Object.fromEntries(changes);
}

/** `1 create, 2 update`, or `no changes`. */
export function describeChanges(changes: Readonly<Record<string, number>>): string {
  const parts = Object.entries(changes).map(([operation, count]) => `${count} ${operation}`);
  return parts.length > 0 ? `changes: ${parts.join(", ")}` : "no changes";
}
