import type { EngineEvent } from "@pulumi/pulumi/automation";
import { buildSources } from "../../components/build-sources";
import { colorOf } from "../apply";
import { ChangedResources, changesOf, type ResourceChange } from "../changed-resources";
import { type Deletion, deletionsIn, describeDeletion } from "../nexus/deletion";
import { PlannedDeletions } from "../nexus/planned-deletions";
import { engineFailure, type OpenStack } from "../open-stack";
import { projectName } from "../project";
import { projectRoot } from "../project-root";
import type { Report } from "../report";
import { shortName } from "../stack-name";
import type { Change, PlannedChange } from "./change";
import { changeHash } from "./change-hash";
import { copyForecasts } from "./copy-forecast";
import { fingerprintKey } from "./fingerprint-key";
import { withPinnedDigests } from "./pinned-releases";
import { PlannedChanges } from "./planned-changes";
import { ProgramSecrets } from "./program-secrets";
import { secretsFingerprint } from "./secrets-fingerprint";
import { watchedProgram } from "./watched-program";

export interface Review {
  readonly change: Change;
  /** As the engine counts: components and providers, too. */
  readonly changes: Record<string, number>;
  readonly steps: readonly ResourceChange[];
  readonly deletions: readonly Deletion[];
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
  const onEvent = (event: EngineEvent) => {
    for (const listener of [touched, planned, deleted]) listener.onEvent(event);
  };
  // Beside the preview: it takes a processor half a second.
  const deriving = fingerprintKey(projectName(), shortName(open.name));
  deriving.catch(() => {}); // it is awaited below
  const watched = watchedProgram(open, secrets, report);
  const asked = { diff: true, color: colorOf(), onOutput: report.engine, onEvent, program: watched };
  const { changeSummary } = await open.file.keepingText(() => open.stack.preview(asked).catch(engineFailure));
  const { resources, ...plan } = planned.plan;
  const releases = withPinnedDigests(plan.releases, settings.apps);
  const [key, deletions, copies] = await Promise.all([
    deriving,
    deletionsIn(open, deleted.objects),
    options.forecasts ? copyForecasts(resources, (urn) => secrets.inputsOf(urn)) : [],
  ]);
  const told = resources.map((one) => withFingerprint(one, key, secrets));
  const change = secrets.scrubbed({
    ...{ project: projectName(), stack: shortName(open.name), secretsCompared: key !== undefined },
    ...{ resources: told, releases, copies, losses: deletions.map(describeDeletion) },
    ...buildSources(settings.apps, settings.nexus, projectRoot),
  });
  return {
    change: { ...change, hash: changeHash(change) },
    ...secrets.scrubbed({ changes: changesOf(changeSummary), steps: touched.changes, deletions }),
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
