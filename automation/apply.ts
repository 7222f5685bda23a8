import type { EngineEvent, PulumiFn } from "@pulumi/pulumi/automation";
import type { HeldState } from "./change/held-state";
import { ProgramSecrets } from "./change/program-secrets";
import { watchedProgram } from "./change/watched-program";
import { ChangedResources, changesOf, isChangeOfWorld } from "./changed-resources";
import type { UpdateJob } from "./ci/gitlab";
import { engineJson } from "./engine-json";
import { heal } from "./heal/heal";
import { updateMessage } from "./history";
import { deletionsIn, describeDeletion } from "./nexus/deletion";
import { managedObjects } from "./nexus/managed";
import { outOfSettings } from "./nexus/planned-deletions";
import type { OpenStack } from "./open-stack";
import { outline, type Report } from "./report";
import { UpdateTeller } from "./update/update-teller";
import { describeLoss, lossesOf, refuseLosses, volumesOutOfSettings } from "./volume-losses";
import { withLock } from "./with-lock";

export interface ApplyOptions {
  /** Apply only if the state is still the one that was compared with a review. */
  readonly held?: HeldState | undefined;
  /** The GitLab job that tells of it. */
  readonly job?: UpdateJob | undefined;
  /** Called when the engine begins to change something; until then an update that fails has applied nothing. */
  readonly onApplying?: (() => void) | undefined;
}

/** Applies the stack as its files say now, and reports changes and outputs. */
export async function apply(
  open: OpenStack,
  report: Report,
  { held, job, onApplying }: ApplyOptions = {},
): Promise<void> {
  const message = messageFor(open);
  const secrets = new ProgramSecrets();
  const { apps } = open.file.settings();
  const teller = job && new UpdateTeller(job, { open, apps, message, secrets }, report);
  try {
    teller?.begin();
    open.file.settingsToApply(); // a mistake costs no engine, and is told like every failure
    await tellLosses(open, report);
    const gone = await heal(open, report);
    await held?.without(gone);
    const program = watchedProgram(open, secrets, report);
    const done = await update(open, report, message, { program, held, teller, onApplying });
    const { changes } = done;
    // An output may be a copy of a secret that isn't marked as one.
    const { steps, outputs } = secrets.scrubbed({ steps: done.steps, outputs: await maskedOutputs(open) });
    report.data({ changes, steps, outputs }, () => `${describeChanges(changes)}\n${outline(outputs)}`);
    await teller?.succeeded(changes, outputs);
  } catch (error) {
    await teller?.failed(error);
    throw error;
  }
}

/**
 * Tells what the settings let go of that holds something.
 * @throws CommandError where a guard would refuse it: found out in the middle, half of the update would be done
 */
async function tellLosses(open: OpenStack, report: Report): Promise<void> {
  const settings = open.file.settings();
  const losses = await lossesOf(volumesOutOfSettings(open.before, settings));
  refuseLosses(open.name, losses);
  for (const loss of losses) report.say(describeLoss(loss));
  const planned = outOfSettings(managedObjects(open.before), settings.nexus);
  for (const deletion of await deletionsIn(open, planned)) report.say(describeDeletion(deletion));
}

/** @throws CommandError for settings that are wrong: a folder that isn't there has no commit either */
function messageFor({ file }: OpenStack): string {
  try {
    return updateMessage(file.settings());
  } catch (error) {
    file.settingsToApply();
    throw error;
  }
}

interface Run {
  readonly program: PulumiFn;
  readonly held: HeldState | undefined;
  readonly teller: UpdateTeller | undefined;
  readonly onApplying: (() => void) | undefined;
}

async function update(open: OpenStack, report: Report, message: string, options: Run) {
  const { program, held, teller, onApplying } = options;
  const touched = new ChangedResources();
  const result = await open.file.keepingText(() =>
    withLock(open, report, ({ signal, onEvent: tell }) => {
      const onEvent = (event: EngineEvent) => {
        if (isChangeOfWorld(event)) onApplying?.();
        for (const listener of [tell, touched.onEvent, teller?.onEvent]) listener?.(event);
      };
      const asked = { message, color: colorOf(), onOutput: report.engine, onEvent, signal };
      const up = (guarded: PulumiFn) => open.stack.up({ ...asked, program: guarded });
      return held ? held.run(program, up) : up(program);
    }),
  );
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
