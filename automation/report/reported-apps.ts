import { fileLabel } from "../../components/gitops/target-file";
import { everyApp, type Settings } from "../../components/settings/settings";
import type { WorkloadLook } from "../gitops/look-at-clusters";
import { wayBack } from "../releases/deployments";
import type { Releases } from "../releases/open-releases";
import { releaseList } from "../releases/releases-text";
import { runningDigests, runningIn } from "../releases/running-digests";
import type { Service } from "../services/service";
import type { ReportedApp, WayBack } from "./stack-report";

/** Each app of the settings with its past, and with what leads back from what it runs. */
export function reportedApps(
  settings: Pick<Settings, "apps" | "waiting">,
  past: Pick<Releases, "history" | "deployments">,
  services: readonly Service[],
  workloads: readonly WorkloadLook[],
): ReportedApp[] {
  return everyApp(settings).map(({ name: app, was, gitops = [] }) => {
    const running = [...runningDigests(services, app), ...runningIn(workloads, app)];
    const deployments = past.deployments(app);
    const releases = releaseList(app, deployments, running).releases.map(({ app: _, ...release }) => release);
    const files = gitops.filter(({ cluster }) => !cluster).map(fileLabel);
    const [, ...back] = wayBack(past.history, app);
    return {
      app,
      ...(was !== undefined && { was }),
      releases,
      back: back.map((tag) => wayOf(tag, releases)),
      ...(files.length > 0 && { files }),
    };
  });
}

function wayOf(tag: string, releases: ReportedApp["releases"]): WayBack {
  const { digest, when } = releases.find((one) => one.tag === tag && one.result === "succeeded") ?? {};
  return { tag, ...(digest !== undefined && { digest }), ...(when !== undefined && { when }) };
}
