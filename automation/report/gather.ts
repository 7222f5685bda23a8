import { projectName, shortName } from "../engine/project";
import { lookAtWorkloads } from "../gitops/look-at-clusters";
import { openReleases, type Releases } from "../releases/open-releases";
import { findServices } from "../services/find-services";
import type { OpenStack } from "../stack/open-stack";
import { lookAtCertificates } from "./certificates-part";
import { readDrift } from "./drift-part";
import { forReaders } from "./for-readers";
import { knownHosts } from "./known-hosts";
import { lookAtNexus } from "./nexus-part";
import { lookAtRegistries, withRegistries } from "./registries";
import { reportedApps } from "./reported-apps";
import { reportedServices } from "./running";
import { type Part, part, type StackReport } from "./stack-report";

export interface GatherOptions {
  /** Whether hosts, ports and links are to be in it. */
  readonly addresses: boolean;
  /** A file with what `berth drift --json` has printed. */
  readonly drift?: string | undefined;
}

/** Asks all that the stack's commands ask, at once, and changes nothing. What can't be asked says why in its place. */
export async function gatherReport(open: OpenStack, options: GatherOptions): Promise<StackReport> {
  const past = part(() => openReleases(open.name, open.before));
  const [running, held, nexus, certificates, drift] = await Promise.all([
    lookAtRunning(open, past),
    lookAtRegistries(open, past),
    part(() => lookAtNexus(open)),
    part(() => lookAtCertificates(open)),
    part(() => readDrift(options.drift, shortName(open.name))),
  ]);
  const { services, apps } = running;
  const report: StackReport = {
    project: projectName(),
    stack: shortName(open.name),
    made: new Date().toISOString(),
    services,
    apps: "found" in apps ? { found: withRegistries(apps.found, held.tags) } : apps,
    registries: held.registries,
    nexus,
    certificates,
    drift,
  };
  return forReaders(report, options.addresses ? undefined : knownHosts(open.file.settings()));
}

async function lookAtRunning(
  open: OpenStack,
  history: Promise<Part<Releases>>,
): Promise<Pick<StackReport, "services" | "apps">> {
  const settings = open.file.settings();
  const [past, services, workloads] = await Promise.all([
    history,
    part(() => findServices(open.before, settings)),
    part(() => lookAtWorkloads(settings)),
  ]);
  const [there, inClusters] = [foundIn(services), foundIn(workloads)];
  const apps: StackReport["apps"] =
    "found" in past ? { found: reportedApps(settings, past.found, there, inClusters) } : past;
  const trouble = [services, workloads].find((one) => "problem" in one);
  return { services: trouble ?? { found: reportedServices(there, inClusters, foundIn(apps)) }, apps };
}

const foundIn = <T>(one: Part<readonly T[]>): readonly T[] => ("found" in one ? one.found : []);
