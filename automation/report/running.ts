import type { WorkloadLook } from "../gitops/look-at-clusters";
import { type Running, runningDigests, runningIn } from "../releases/running-digests";
import { type Service, shortName } from "../services/service";
import type { ReportedApp, ReportedService } from "./stack-report";

/** Every service and every workload of a cluster, each with the release that it runs as far as the history knows its digest. */
export function reportedServices(
  services: readonly Service[],
  workloads: readonly WorkloadLook[],
  apps: readonly Pick<ReportedApp, "app" | "releases">[],
): ReportedService[] {
  return [
    ...services.map((service) => ofService(service, services, apps)),
    ...workloads.flatMap((look) =>
      runningIn([look], look.app).map((running) => ({
        service: look.workload,
        app: look.app,
        where: "cluster",
        ...released(running, look.app, apps),
        ...(look.cluster !== undefined && { docker: look.cluster }),
      })),
    ),
  ];
}

function ofService(
  service: Service,
  all: readonly Service[],
  apps: readonly Pick<ReportedApp, "app" | "releases">[],
): ReportedService {
  const { app, server, docker, state, container, problem } = service;
  const [running] = app === undefined ? [] : runningDigests([service], app);
  const plain: Running = { server: server ?? "", state, ...(problem !== undefined && { problem }) };
  return {
    service: shortName(service, all),
    ...(app !== undefined && { app }),
    ...(server !== undefined && { where: server }),
    ...(container && {
      since: container.created.toISOString(),
      image: container.image,
      ports: container.ports,
    }),
    ...released({ ...plain, digest: running?.digest }, app, apps),
    docker,
  };
}

function released(
  { state, digest, problem }: Running,
  app: string | undefined,
  apps: readonly Pick<ReportedApp, "app" | "releases">[],
): Pick<ReportedService, "state" | "digest" | "tag" | "problem" | "since"> {
  const releases = apps.find((one) => one.app === app)?.releases ?? [];
  const release = releases.find(
    (one) => digest !== undefined && one.digest === digest && one.result === "succeeded",
  );
  return {
    state,
    ...(digest !== undefined && { digest }),
    ...(release && { tag: release.tag }),
    ...(release?.when !== undefined && { since: release.when }),
    ...(problem !== undefined && { problem }),
  };
}
