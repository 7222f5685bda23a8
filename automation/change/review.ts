import type { EngineEvent } from "@pulumi/pulumi/automation";
import { buildSources } from "../../components/image/build-sources";
import { nexusWarnings } from "../../components/settings/nexus/nexus-advisories";
import { ChangedResources, type ResourceChange } from "../engine/changed-resources";
import { readOnly } from "../engine/interruptible";
import { projectName, projectRoot, shortName } from "../engine/project";
import { fileChanges } from "../gitops/file-changes";
import { leftFiles } from "../gitops/files-in-state";
import { type Deletion, deletionsIn, describeDeletion } from "../nexus/deletion";
import { PlannedDeletions } from "../nexus/planned-deletions";
import { fallenText, lookAtHosts, silentText } from "../stack/look-at-hosts";
import type { OpenStack } from "../stack/open-stack";
import { resolvedImages } from "../stack/resolved-images";
import {
  dataVolumes,
  describeLoss,
  lossesOf,
  PlannedVolumeDeletions,
  type VolumeLoss,
  volumesOutOfSettings,
} from "../stack/volume-losses";
import { told } from "../story/told";
import type { Report } from "../terminal/report";
import { colorOf } from "../terminal/report";
import { changedOutside } from "./changed-outside";
import { copyForecasts } from "./copy-forecast";
import { hostAccess } from "./host-access";
import type { Change, PlannedChange } from "./model/change";
import { changeHash } from "./model/change-hash";
import { planOf } from "./model/planned-changes";
import { refuseLostImages } from "./refuse-lost-images";
import { overRenames, withPinnedDigests } from "./release-changes";
import { fingerprintKey } from "./secrets/fingerprint-key";
import { ProgramSecrets } from "./secrets/program-secrets";
import { secretsFingerprint } from "./secrets/secrets-fingerprint";
import { toldEffects, withPlaces } from "./told-effects";
import { toldRenames } from "./told-renames";
import { inWords } from "./told-replacements";
import { toldScales } from "./told-scales";
import { uncheckedApps } from "./unchecked-apps";
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
  open.file.settingsToApply(); // a mistake costs no engine
  const unresolved = await resolvedImages(open);
  const settings = open.file.settingsToApply();
  const secrets = new ProgramSecrets();
  const events: EngineEvent[] = [];
  const [touched, deleted] = [new ChangedResources(), new PlannedDeletions()];
  const goingVolumes = new PlannedVolumeDeletions();
  const looking = lookAtHosts(open.before);
  // Beside the preview: it takes a processor half a second.
  const deriving = fingerprintKey(projectName(), shortName(open.name));
  deriving.catch(() => {}); // it is awaited below
  const unchecked = uncheckedApps(open.before, settings);
  unchecked.catch(() => {}); // likewise
  const watched = watchedProgram(open, secrets, report);
  await open.file.keepingText(() =>
    readOnly(open, report, (run) =>
      told(run, { kind: "look", meanwhile: "finding out what would change", report }, (heard) => {
        const onEvent = (event: EngineEvent) => {
          events.push(event);
          for (const listener of [touched, deleted, goingVolumes]) listener.onEvent(event);
          heard.onEvent(event);
        };
        const asked = { diff: true, color: colorOf(), onOutput: report.engine, program: watched };
        return open.stack.preview({ ...asked, onEvent, signal: heard.signal });
      }),
    ),
  );
  const plan = planOf(events);
  refuseLostImages(unresolved, plan.resources);
  const { apps } = settings;
  const releases = withPlaces(withPinnedDigests(overRenames(plan.releases, apps), apps), apps);
  const resources = inWords(plan.resources, open.names, secrets, releases);
  const sources = buildSources(apps, settings.nexus, projectRoot());
  const { fallen, silent } = await looking;
  for (const one of silent) report.say(silentText(one));
  const going = [
    ...dataVolumes(open.before).filter(({ volume }) => goingVolumes.names.includes(volume)),
    ...volumesOutOfSettings(open.before, settings).filter(({ movesTo }) => movesTo !== undefined),
  ];
  const [key, volumes, deletions, outside, files, copies] = await Promise.all([
    deriving,
    lossesOf(going),
    deletionsIn(open, deleted.objects),
    changedOutside(open, resources, secrets),
    fileChanges(resources, (urn) => secrets.inputsOf(urn)),
    options.forecasts ? copyForecasts(resources, (urn) => secrets.inputsOf(urn)) : [],
  ]);
  const fingerprinted = resources.map((one) => withFingerprint(one, key, secrets));
  const change = secrets.known.scrubbed({
    project: projectName(),
    stack: shortName(open.name),
    secretsCompared: key !== undefined,
    resources: fingerprinted,
    releases,
    copies,
    files,
    losses: [...volumes.map(describeLoss), ...deletions.map(describeDeletion)],
    heals: [...fallen.map(fallenText), ...outside],
    renames: toldRenames(open.before, settings),
    scales: toldScales(resources, apps),
    ...toldEffects(resources, settings, open.before),
    images: sources.images,
    warnings: [
      ...nexusWarnings(settings.nexus),
      ...sources.warnings,
      ...unresolved.notes,
      ...(await unchecked),
      ...hostAccess(apps),
      ...leftFiles(open.before, settings),
    ],
  });
  return {
    change: { ...change, hash: changeHash(change) },
    ...secrets.known.scrubbed({ changes: touched.summary, steps: touched.changes, deletions, volumes }),
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
