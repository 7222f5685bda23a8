import type { Service } from "../services/service";

/** What an app runs on one of its servers. */
export interface Running {
  readonly server: string;
  readonly state: Service["state"];
  /** Undefined where the server can't be asked or has no container of it. */
  readonly digest?: string;
  readonly problem?: string;
}

/** What runs where, by the containers that get the requests. */
export function runningDigests(services: readonly Service[], app: string): Running[] {
  return services
    .filter((service) => service.app === app)
    .map(({ server, docker, state, container, problem }) => ({
      server: server ?? docker,
      state,
      problem,
      digest: /@(sha256:[0-9a-f]{64})$/.exec(container?.image ?? "")?.[1],
    }));
}
