import type { Op, StepMetadata } from "./events";
import type { Diff } from "./provider-adapter";
import type { ResourceState } from "./resource-state";

/** One thing to do to one resource. */
export interface Step {
  readonly op: Op;
  readonly old: ResourceState | undefined;
  readonly new: ResourceState | undefined;
  readonly diff?: Diff | undefined;
  /** create-replacement: the old one is still there and is marked for deletion once the new one exists. */
  readonly marksOld?: boolean;
  /** delete-replaced: the old one stays in the state, as one whose replacement is still to come. */
  readonly awaitsReplacement?: boolean;
}

export function stepUrn(step: Step): string {
  return (step.new ?? step.old)!.urn;
}

/** Whether the step counts by itself: the two halves of a replacement don't. */
export function isLogical(op: Op): boolean {
  return op !== "create-replacement" && op !== "delete-replaced" && op !== "remove-pending-replace";
}

/** A step as it is at this moment: states change in place later. */
export function metadataOf(step: Step, op: Op = step.op): StepMetadata {
  const state = (step.new ?? step.old)!;
  const diff = step.diff;
  return {
    op,
    urn: state.urn,
    type: state.type,
    old: step.old && { ...step.old },
    new: step.new && { ...step.new },
    keys: diff?.replaceKeys ?? [],
    diffs: diff?.changedKeys ?? [],
    detailedDiff: diff?.detailed,
    logical: isLogical(op),
    provider: state.provider,
  };
}
