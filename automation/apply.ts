import type { EngineEvent, PulumiFn } from "@pulumi/pulumi/automation";
import type { HeldState } from "./change/held-state";
import { ChangedResources, changesOf } from "./changed-resources";
import type { UpdateJob } from "./ci/gitlab";
import { engineJson } from "./engine-json";
import { updateMessage } from "./history";
import { type OpenStack, program } from "./open-stack";
import { outline, type Report } from "./report";
import { UpdateTeller } from "./update/update-teller";
import { withLock } from "./with-lock";

export interface ApplyOptions {
  /** Apply only if the state is still the one that was compared with a review. */
  readonly held?: HeldState | undefined;
  /** The GitLab job that tells of it. */
  readonly job?: UpdateJob | undefined;
}

/** Applies the stack as its files say now, and reports changes and outputs. */
export async function apply(
  open: OpenStack,
  report: Report,
  { held, job }: ApplyOptions = {},
): Promise<void> {
  const message = updateMessage(open.file.settings());
  const teller = job && new UpdateTeller(job, open, message, report);
  try {
    teller?.begin();
    const { changes, steps } = await update(open, report, message, { held, teller });
    const outputs = await maskedOutputs(open);
    report.data({ changes, steps, outputs }, () => `${describeChanges(changes)}\n${outline(outputs)}`);
    await teller?.succeeded(changes, outputs);
  } catch (error) {
    await teller?.failed(error);
    throw error;
  }
}

async function update(
  open: OpenStack,
  report: Report,
  message: string,
  { held, teller }: { held: HeldState | undefined; teller: UpdateTeller | undefined },
) {
  const touched = new ChangedResources();
  const onEvent = (event: EngineEvent) => {
    touched.onEvent(event);
    teller?.onEvent(event);
  };
  const asked = { message, color: colorOf(), onOutput: report.engine, onEvent };
  const whole = teller?.program ?? program;
  const run = (guarded: PulumiFn) => open.stack.up({ ...asked, program: guarded });
  const result = await withLock(open, report, () => (held ? held.run(whole, run) : run(whole)));
  return { changes: changesOf(result.summary.resourceChanges), steps: touched.changes };
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
