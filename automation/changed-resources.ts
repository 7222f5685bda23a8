import type { EngineEvent } from "@pulumi/pulumi/automation";

/** One thing that an operation did, or would do, to a resource. */
export interface ResourceChange {
  /** As the engine names it: create, update, create-replacement, delete-replaced, … */
  readonly operation: string;
  readonly type: string;
  readonly name: string;
}

/** Operations that leave the world as it is. */
const QUIET = ["same", "read", "refresh", "replace"];

/** Collects the changes from the engine's events. */
export class ChangedResources {
  readonly changes: ResourceChange[] = [];

  readonly onEvent = ({ resourcePreEvent }: EngineEvent): void => {
    if (!resourcePreEvent) return;
    const { op, type, urn } = resourcePreEvent.metadata;
    if (!QUIET.includes(op)) this.changes.push({ operation: op, type, name: urn.split("::").at(-1)! });
  };
}
