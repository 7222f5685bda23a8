import { dependsOn } from "./dependents";
import type { Snapshot } from "./snapshot";
import { type StepExecutor, Stopped } from "./step-executor";

/** Reads every resource from its provider and takes what it finds over into the state. */
export async function refreshAll(snapshot: Snapshot, executor: StepExecutor): Promise<void> {
  const before = [...snapshot.base];
  await Promise.all(
    before.map(async (old) => {
      try {
        await executor.run({ op: "refresh", old, new: old });
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
      }
    }),
  );
  forgetGone(snapshot, before);
}

/** What is gone can't be depended on any more. */
function forgetGone(snapshot: Snapshot, before: Snapshot["base"]): void {
  const urns = new Set(snapshot.base.map(({ urn }) => urn));
  for (const gone of before.filter(({ urn }) => !urns.has(urn))) {
    for (const state of snapshot.base.filter((other) => dependsOn(other, gone))) {
      state.dependencies = state.dependencies.filter((urn) => urn !== gone.urn);
      for (const [key, list] of Object.entries(state.propertyDependencies)) {
        state.propertyDependencies[key] = list.filter((urn) => urn !== gone.urn);
      }
      if (state.deletedWith === gone.urn) state.deletedWith = "";
      if (state.parent === gone.urn) state.parent = gone.parent;
      snapshot.touch(state);
    }
  }
}
