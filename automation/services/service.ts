/** How a service is, in one word; `missing`: the settings want it and no container is there. */
export type ServiceState =
  | "running"
  | "starting"
  | "unhealthy"
  | "restarting"
  | "paused"
  | "stopped"
  | "missing"
  | "unreachable";

/** What a stack's settings say should run somewhere. */
export interface ExpectedService {
  /** Its full name: `nexus`, `main-edge`, `main/blog`. */
  readonly name: string;
  readonly docker: string;
  readonly app?: string;
  readonly server?: string;
  /** The port that it is the door of. */
  readonly door?: number;
}

/** One service of a stack, on the Docker host that runs it, as that host told it. */
export interface Service extends ExpectedService {
  readonly state: ServiceState;
  readonly container?: ServiceContainer;
  /** Containers of the same service that get no traffic: a failed update's, until the next one takes them away. */
  readonly idle: readonly string[];
  /** Containers of commands by hand (`berth run`), which are gone when these end. */
  readonly runs?: readonly string[];
  /** Ids of the others of an edge proxy, which stand by for the next change of its configuration. */
  readonly spares?: readonly string[];
  /** Why its host could not be asked. */
  readonly problem?: string;
}

export interface ServiceContainer {
  readonly id: string;
  readonly name: string;
  /** The image as the container names it: `host:port/blog@sha256:…`. */
  readonly image: string;
  /** When it was made. */
  readonly created: Date;
  /** In Docker's words: `Up 3 hours (healthy)`. */
  readonly status: string;
  /** Published ports, as `127.0.0.1:8081`. */
  readonly ports: readonly string[];
}

/**
 * The name that people use: an app's own, `blog`, where it runs on one server only; `web1/blog` where there are
 * several, or where another service has that name.
 */
export function shortName(service: ExpectedService, all: readonly ExpectedService[]): string {
  if (service.app === undefined) return service.name;
  const twins = all.filter(({ app }) => app === service.app);
  const isClear = twins.length === 1 && !all.some(({ name }) => name === service.app);
  return isClear ? service.app : service.name;
}
