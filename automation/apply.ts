import type { HeldState } from "./change/held-state";
import { ChangedResources, changesOf } from "./changed-resources";
import { engineJson } from "./engine-json";
import { updateMessage } from "./history";
import type { OpenStack } from "./open-stack";
import { outline, type Report } from "./report";
import { withLock } from "./with-lock";

export interface ApplyOptions {
  /** Apply only if the state is still the one that was compared with a review. */
  readonly held?: HeldState | undefined;
}

/** Applies the stack as its files say now, and reports changes and outputs. */
export async function apply(open: OpenStack, report: Report, { held }: ApplyOptions = {}): Promise<void> {
  const message = updateMessage(open.file.settings());
  const touched = new ChangedResources();
  const asked = { message, color: colorOf(), onOutput: report.engine, onEvent: touched.onEvent };
  const update = () =>
    held ? held.run((program) => open.stack.up({ ...asked, program })) : open.stack.up(asked);
  const result = await withLock(open, report, update);
  const changes = changesOf(result.summary.resourceChanges);
  const outputs = await maskedOutputs(open);
  report.data(
    { changes, steps: touched.changes, outputs },
    () => `${describeChanges(changes)}\n${outline(outputs)}`,
  );
}

/** `always` where a person reads the engine's output on a terminal. */
export function colorOf(): "always" | "never" {
  return process.stderr.isTTY && !process.env.NO_COLOR ? "always" : "never";
}

/** `1 create, 2 update`, or `no changes`. */
export function describeChanges(changes: Readonly<Record<string, number>>): string {
  const parts = Object.entries(changes).map(([operation, count]) => `${count} ${operation}`);
  return parts.length > 0 ? `changes: ${parts.join(", ")}` : "no changes";
}

/** The stack's outputs as the engine shows them: `[secret]` in place of every secret. */
export function maskedOutputs({ name }: OpenStack): Promise<Record<string, unknown>> {
  return engineJson(name, ["stack", "output", "--json"]);
}
