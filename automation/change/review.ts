import type { EngineEvent } from "@pulumi/pulumi/automation";
import { colorOf } from "../apply";
import { ChangedResources, changesOf, type ResourceChange } from "../changed-resources";
import { type Deletion, deletionsIn, describeDeletion } from "../nexus/deletion";
import { PlannedDeletions } from "../nexus/planned-deletions";
import { engineFailure, type OpenStack } from "../open-stack";
import type { Report } from "../report";
import type { Change, PlannedChange } from "./change";
import { changeHash } from "./change-hash";
import { copyForecasts } from "./copy-forecast";
import { fingerprintKey } from "./fingerprint-key";
import { withPinnedDigests } from "./pinned-releases";
import { PlannedChanges } from "./planned-changes";
import { ProgramSecrets } from "./program-secrets";
import { secretsFingerprint } from "./secrets-fingerprint";
import { uncheckedApps } from "./unchecked-apps";
import { watchedProgram } from "./watched-program";

const PROJECT = "berth";

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
  const secrets = new ProgramSecrets();
  const [touched, planned, deleted] = [new ChangedResources(), new PlannedChanges(), new PlannedDeletions()];
  const onEvent = (event: EngineEvent) => {
    for (const listener of [touched, planned, deleted]) listener.onEvent(event);
  };
  // Beside the preview: it takes a processor half a second.
  const deriving = fingerprintKey(PROJECT, open.name);
  deriving.catch(() => {}); // it is awaited below
  const unchecked = uncheckedApps(open.name, open.file.settings());
  unchecked.catch(() => {}); // likewise
  const watched = watchedProgram(open, secrets, report);
  const asked = { diff: true, color: colorOf(), onOutput: report.engine, onEvent, program: watched };
  const { changeSummary } = await open.stack.preview(asked).catch(engineFailure);
  for (const line of await unchecked) report.say(line);
  const { resources, ...plan } = planned.plan;
  const releases = withPinnedDigests(plan.releases, open.file.settings().apps);
  const [key, deletions, copies] = await Promise.all([
    deriving,
    deletionsIn(open, deleted.objects),
    options.forecasts ? copyForecasts(resources, (urn) => secrets.inputsOf(urn)) : [],
  ]);
  const told = resources.map((one) => withFingerprint(one, key, secrets));
  const change = secrets.scrubbed({
    ...{ project: PROJECT, stack: open.name, secretsCompared: key !== undefined },
    ...{ resources: told, releases, copies, losses: deletions.map(describeDeletion) },
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
