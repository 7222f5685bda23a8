/**
 * How a service is, in one word; `missing`: the settings want it and no container is there. `draining`: they don't, and a container of
 * before is on its way out.
 */
export type ServiceState =
  | "running"
  | "starting"
  | "unhealthy"
  | "restarting"
  | "paused"
  | "stopped"
  | "missing"
  | "draining"
  | "unreachable";

/** What a stack's settings say should run somewhere. */
export interface ExpectedService {
  /** Its full name: `nexus`, `main-edge`, `main/blog`, `main/blog/worker`. */
  readonly name: string;
  readonly docker: string;
  readonly app?: string;
  /** Which of the app's processes it is; absent for what serves. */
  readonly process?: string;
  /** The process in the settings, where that has several containers on a server. */
  readonly copyOf?: string;
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
  /** Those of them that were made after what serves: an update that is under way has yet to give them the traffic. */
  readonly newer?: readonly string[];
  /** Containers of a process of releases before, which end what they have begun. */
  readonly drains?: readonly Draining[];
  /** Containers of commands by hand (`berth run`), which are gone when these end. */
  readonly runs?: readonly string[];
  /** Ids of the others of an edge proxy, which stand by for the next change of its configuration. */
  readonly spares?: readonly string[];
  /** Why its host could not be asked. */
  readonly problem?: string;
}

export interface Draining {
  readonly name: string;
  /** When it is killed. */
  readonly until: Date;
  /** Whether it has ended, and waits to be removed. */
  readonly ended: boolean;
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
 * several, or where another service has that name. A process's, `blog/worker` or `web1/blog/worker`.
 */
export function shortName(service: ExpectedService, all: readonly ExpectedService[]): string {
  const name = withoutServer(service);
  if (name === undefined) return service.name;
  const twins = all.filter((one) => withoutServer(one) === name);
  const isClear = twins.length === 1 && !all.some((one) => one.name === name);
  return isClear ? name : service.name;
}

/** An app or a process on whichever server; undefined for what is neither. */
export function withoutServer({ app, process }: ExpectedService): string | undefined {
  return app !== undefined && process !== undefined ? `${app}/${process}` : app;
}
