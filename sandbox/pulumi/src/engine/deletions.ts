import { deleteAfter } from "./dependents";
import type { Operated } from "./operated";
import type { ResourceState } from "./resource-state";
import type { Snapshot } from "./snapshot";
import type { Step } from "./step";
import { type StepExecutor, Stopped } from "./step-executor";

/**
 * Deletes what the program no longer asks for and what it had replaced: everything that depends on a resource
 * before the resource itself, the rest side by side.
 */
export async function deleteTheRest(
  snapshot: Snapshot,
  operated: Operated,
  executor: StepExecutor,
): Promise<void> {
  const steps = snapshot.base
    .filter((state) => !(state.delete && operated.condemned.has(state)))
    .map((state) => deletionOf(state, operated))
    .filter((step) => step !== undefined);
  const doomed = steps.map((step) => step.old as ResourceState);
  for (const step of steps) if (step.op === "delete") executor.deleting.add(step.old!.urn);
  const waitFor = deleteAfter(doomed);
  const running = new Map<ResourceState, Promise<boolean>>();
  // Latest first: dependents stand behind what they depend on, so their promises are there already.
  for (const step of [...steps].reverse()) {
    const state = step.old!;
    const before = (waitFor.get(state) ?? []).map((dependent) => running.get(dependent));
    running.set(state, deleteOne(step, before, executor));
  }
  await Promise.all(running.values());
}

function deletionOf(state: ResourceState, operated: Operated): Step | undefined {
  if (state.delete) return { op: "delete-replaced", old: state, new: undefined };
  if (operated.kept.has(state.urn)) return undefined;
  return { op: state.pendingReplacement ? "remove-pending-replace" : "delete", old: state, new: undefined };
}

/** False where the resource is still there. */
async function deleteOne(
  step: Step,
  before: readonly (Promise<boolean> | undefined)[],
  executor: StepExecutor,
): Promise<boolean> {
  const gone = await Promise.all(before);
  if (gone.includes(false)) return false;
  const state = step.old!;
  if (step.op === "delete" && state.protect) {
    executor.report(
      state.urn,
      "error",
      `resource "${state.urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\``,
    );
    return false;
  }
  try {
    await executor.run(step);
    return true;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return false;
  }
}
