import { projectName, shortName } from "../engine/project";
import { lookAtClusters } from "../gitops/look-at-clusters";
import { openReleases } from "../releases/open-releases";
import { findServices } from "../services/find-services";
import type { OpenStack } from "../stack/open-stack";
import { forReaders } from "./for-readers";
import { knownHosts } from "./known-hosts";
import { reportedApps } from "./reported-apps";
import { reportedServices } from "./running";
import { type Part, part, type StackReport } from "./stack-report";

export interface GatherOptions {
  /** Whether hosts, ports and links are to be in it. */
  readonly addresses: boolean;
}

/** Asks all that the stack's commands ask, at once, and changes nothing. What can't be asked says why in its place. */
export async function gatherReport(open: OpenStack, { addresses }: GatherOptions): Promise<StackReport> {
  const settings = open.file.settings();
  const [past, services, workloads] = await Promise.all([
    part(() => openReleases(open.name, open.before)),
    part(() => findServices(open.before, settings)),
    part(() => lookAtClusters(settings.apps)),
  ]);
  const [there, inClusters] = [foundIn(services), foundIn(workloads)];
  const apps: StackReport["apps"] =
    "found" in past ? { found: reportedApps(settings, past.found, there, inClusters) } : past;
  const trouble = [services, workloads].find((one) => "problem" in one);
  const report: StackReport = {
    project: projectName(),
    stack: shortName(open.name),
    made: new Date().toISOString(),
    services: trouble ?? { found: reportedServices(there, inClusters, foundIn(apps)) },
    apps,
  };
  return forReaders(report, addresses ? undefined : knownHosts(settings));
}

const foundIn = <T>(one: Part<readonly T[]>): readonly T[] => ("found" in one ? one.found : []);
