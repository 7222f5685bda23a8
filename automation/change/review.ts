import type { EngineEvent } from "@pulumi/pulumi/automation";
import { buildSources } from "../../components/build-sources";
import { colorOf } from "../apply";
import { ChangedResources, changesOf, type ResourceChange } from "../changed-resources";
import { fallenText, lookAtHosts, silentText } from "../heal/look";
import { readOnly } from "../interruptible";
import { type Deletion, deletionsIn, describeDeletion } from "../nexus/deletion";
import { PlannedDeletions } from "../nexus/planned-deletions";
import type { OpenStack } from "../open-stack";
import { projectName } from "../project";
import { projectRoot } from "../project-root";
import type { Report } from "../report";
import { shortName } from "../stack-name";
import {
  dataVolumes,
  describeLoss,
  lossesOf,
  PlannedVolumeDeletions,
  type VolumeLoss,
  volumesOutOfSettings,
} from "../volume-losses";
import type { Change, PlannedChange } from "./change";
import { changeHash } from "./change-hash";
import { changedOutside } from "./changed-outside";
import { copyForecasts } from "./copy-forecast";
import { fingerprintKey } from "./fingerprint-key";
import { withPinnedDigests } from "./pinned-releases";
import { PlannedChanges } from "./planned-changes";
import { ProgramSecrets } from "./program-secrets";
import { overRenames } from "./renamed-releases";
import { secretsFingerprint } from "./secrets-fingerprint";
import { toldRenames } from "./told-renames";
import { uncheckedApps } from "./unchecked-apps";
import { warningsOf } from "./warnings";
import { watchedProgram } from "./watched-program";

export interface Review {
  readonly change: Change;
  /** As the engine counts: components and providers, too. */
  readonly changes: Record<string, number>;
  readonly steps: readonly ResourceChange[];
  readonly deletions: readonly Deletion[];
  readonly volumes: readonly VolumeLoss[];
}

export interface ReviewOptions {
  /** Ask the registries how much copies would send. @default false */
  readonly forecasts?: boolean;
}

/** Previews the stack and tells the whole change, every secret taken out of it. */
export async function review(open: OpenStack, report: Report, options: ReviewOptions = {}): Promise<Review> {
  const settings = open.file.settingsToApply(); // a mistake costs no engine
  const secrets = new ProgramSecrets();
  const [touched, planned, deleted] = [new ChangedResources(), new PlannedChanges(), new PlannedDeletions()];
  const goingVolumes = new PlannedVolumeDeletions();
  const looking = lookAtHosts(open.before);
  // Beside the preview: it takes a processor half a second.
  const deriving = fingerprintKey(projectName(), shortName(open.name));
  deriving.catch(() => {}); // it is awaited below
  const unchecked = uncheckedApps(open.before, settings);
  unchecked.catch(() => {}); // likewise
  const watched = watchedProgram(open, secrets, report);
  const { changeSummary } = await open.file.keepingText(() =>
    readOnly(open, report, ({ signal, onEvent: tell }) => {
      const onEvent = (event: EngineEvent) => {
        for (const listener of [touched, planned, deleted, goingVolumes]) listener.onEvent(event);
        tell(event);
      };
      const asked = { diff: true, color: colorOf(), onOutput: report.engine, program: watched };
      return open.stack.preview({ ...asked, onEvent, signal });
    }),
  );
  const { resources, ...plan } = planned.plan;
  const releases = withPinnedDigests(overRenames(plan.releases, settings.apps), settings.apps);
  const sources = buildSources(settings.apps, settings.nexus, projectRoot);
  const { fallen, silent } = await looking;
  for (const one of silent) report.say(silentText(one));
  const going = [
    ...dataVolumes(open.before).filter(({ volume }) => goingVolumes.names.includes(volume)),
    ...volumesOutOfSettings(open.before, settings).filter(({ movesTo }) => movesTo !== undefined),
  ];
  const [key, volumes, deletions, outside, copies] = await Promise.all([
    deriving,
    lossesOf(going),
    deletionsIn(open, deleted.objects),
    changedOutside(open, resources, secrets),
    options.forecasts ? copyForecasts(resources, (urn) => secrets.inputsOf(urn)) : [],
  ]);
  const told = resources.map((one) => withFingerprint(one, key, secrets));
  const change = secrets.scrubbed({
    ...{ project: projectName(), stack: shortName(open.name), secretsCompared: key !== undefined },
    ...{ resources: told, releases, copies },
    losses: [...volumes.map(describeLoss), ...deletions.map(describeDeletion)],
    heals: [...fallen.map(fallenText), ...outside],
    renames: toldRenames(open.before, settings),
    images: sources.images,
    warnings: [...warningsOf(settings), ...sources.warnings, ...(await unchecked)],
  });
  return {
    change: { ...change, hash: changeHash(change) },
    ...secrets.scrubbed({ changes: changesOf(changeSummary), steps: touched.changes, deletions, volumes }),
  };
}

function withFingerprint(
  one: PlannedChange,
  key: Buffer | undefined,
  secrets: ProgramSecrets,
): PlannedChange {
  const fingerprint = key && secretsFingerprint(key, one, secrets.leavesOf(one.urn));
  return fingerprint === undefined ? one : { ...one, secrets: fingerprint };
}
