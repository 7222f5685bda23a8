import { digestOf } from "../../components/cluster/workload";
import type { WorkloadLook } from "../gitops/look-at-clusters";
import type { Service } from "../services/service";

/** What an app runs on one of its servers, or in one of its clusters. */
export interface Running {
  readonly server: string;
  readonly state: Service["state"];
  /** Undefined where the server can't be asked or has no container of it. */
  readonly digest?: string;
  readonly problem?: string;
}

/** What runs where, by the containers that get the requests, and those of processes. */
export function runningDigests(services: readonly Service[], app: string): Running[] {
  return services
    .filter((service) => service.app === app)
    .filter(({ state }) => state !== "draining")
    .map(({ server, docker, process, state, container, problem }) => ({
      server: [server ?? docker, process ?? []].flat().join("/"),
      state,
      problem,
      digest: /@(sha256:[0-9a-f]{64})$/.exec(container?.image ?? "")?.[1],
    }));
}

/** What an app runs in clusters, as of servers: in the middle of an update more than one digest. */
export function runningIn(looks: readonly WorkloadLook[], app: string): Running[] {
  return looks
    .filter((look) => look.app === app)
    .flatMap(({ workload, state, images, problem }) => {
      const where = { server: `cluster ${workload}`, state, ...(problem !== undefined && { problem }) };
      const digests = [...new Set(images.flatMap((image) => digestOf(image) ?? []))];
      return digests.length === 0 ? [where] : digests.map((digest) => ({ ...where, digest }));
    });
}
