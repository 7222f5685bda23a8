import type { EngineEvent, PulumiFn } from "@pulumi/pulumi/automation";
import type { HeldState } from "../change/held-state";
import { review } from "../change/review";
import { ProgramSecrets } from "../change/secrets/program-secrets";
import { replacementsIn } from "../change/told-replacements";
import { watchedProgram } from "../change/watched-program";
import { ChangedResources, isChangeOfWorld } from "../engine/changed-resources";
import { maskedOutputs } from "../engine/outputs";
import type { UpdateJob } from "../gitlab/gitlab";
import { checkClusters } from "../gitops/check-clusters";
import { checkFiles } from "../gitops/check-files";
import { leftFiles } from "../gitops/files-in-state";
import { deletionsIn, describeDeletion } from "../nexus/deletion";
import { managedObjects } from "../nexus/managed";
import { outOfSettings } from "../nexus/planned-deletions";
import { updateMessage } from "../stack/history";
import type { OpenStack } from "../stack/open-stack";
import { resolvedImages } from "../stack/resolved-images";
import { describeLoss, lossesOf, refuseLosses, volumesOutOfSettings } from "../stack/volume-losses";
import { withLock } from "../stack/with-lock";
import { factsOf } from "../story/facts";
import { told } from "../story/told";
import { colorOf, type Report } from "../terminal/report";
import { outputColumns } from "../terminal/text-table";
import { heal } from "./heal";
import { resultText } from "./result-text";
import { imageLinesIn } from "./told-images";
import { UpdateTeller } from "./update-teller";

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
  const { notes, lost } = await resolvedImages(open);
  if (lost.length > 0) await review(open, report); // which refuses them, unless Nexus is changed as well
  for (const note of notes) report.say(note);
  const message = messageFor(open);
  const secrets = new ProgramSecrets();
  const { apps } = open.file.settings();
  const teller = job && new UpdateTeller(job, { open, apps, message, secrets }, report);
  try {
    teller?.begin();
    open.file.settingsToApply(); // a mistake costs no engine, and is told like every failure
    await tellLosses(open, report);
    await checkFiles(open, report);
    await checkClusters(open, report);
    const gone = await heal(open, report);
    await held?.without(gone);
    const program = watchedProgram(open, secrets, report);
    const ran = await update(open, report, message, { program, held, teller, onApplying });
    const { changes } = ran;
    // An output may be a copy of a secret that isn't marked as one.
    const { steps, replaced, images, outputs } = secrets.known.scrubbed({
      steps: ran.steps,
      replaced: replacementsIn(ran.replacing, open.names, secrets),
      images: ran.images,
      outputs: await maskedOutputs(open.name),
    });
    const releases = { apps, before: open.before.outputs, after: outputs };
    const done = { changes, steps, replaced, ...(images.length > 0 && { images }), outputs };
    const columns = outputColumns();
    report.data(done, () => resultText({ stack: open.name, changes, replaced, ...releases }, columns));
    await teller?.succeeded(changes, outputs, replaced);
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
  for (const left of leftFiles(open.before, settings)) report.say(left);
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
  const images: string[] = [];
  const replacing: EngineEvent[] = [];
  const facts = factsOf(open.file.settings());
  const tale = { kind: "update", meanwhile: "comparing with what there is", facts, report } as const;
  await open.file.keepingText(() =>
    withLock(open, report, (run) =>
      told(run, tale, ({ signal, onEvent: tell }) => {
        const onEvent = (event: EngineEvent) => {
          if (isChangeOfWorld(event)) onApplying?.();
          images.push(...imageLinesIn(event));
          if (event.resourcePreEvent?.metadata.op === "replace") replacing.push(event);
          for (const listener of [tell, touched.onEvent, teller?.onEvent]) listener?.(event);
        };
        const how = { color: colorOf(), onOutput: report.engine, onEvent, signal, showSecrets: false };
        const up = (guarded: PulumiFn) => open.stack.up({ message, ...how, program: guarded });
        return held ? held.run(program, up) : up(program);
      }),
    ),
  );
  return { changes: touched.summary, steps: touched.changes, images, replacing };
}
