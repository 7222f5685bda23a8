import type { HealthSettings } from "../settings/health-settings";
import type { Edge } from "./route";

/** What a server's part of it is to be, as a provider gets it. */
export type Target = Omit<Edge, "app"> & {
  readonly name: string;
  readonly container: string;
  readonly host?: string;
  readonly otherHosts?: readonly string[];
  readonly publish?: number;
  readonly trustedProxies?: readonly string[];
  readonly address?: string;
};

/** A process's container on one of the servers: it gets no traffic, and none moves before it is fit. */
export interface ProcessTarget {
  /** As settings name the server. */
  readonly name: string;
  readonly docker: string;
  /** The edge proxy there, from where a check by http is asked. */
  readonly edge: string;
  readonly process: string;
  readonly container: string;
  readonly health?: HealthSettings;
}

export interface Wanted {
  readonly app: string;
  /** None: the app is made of processes alone, and has no ports. */
  readonly servers: readonly Target[];
  readonly port?: number;
  readonly publish?: number;
  readonly healthTimeout: number;
  readonly processes?: readonly ProcessTarget[];
  readonly health?: HealthSettings;
}
