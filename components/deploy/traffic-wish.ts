import type { HealthSettings } from "../settings/health-settings";
import type { Edge } from "./route";

/** What a server's part of it is to be, as a provider gets it. */
export type Target = Omit<Edge, "app"> & {
  readonly name: string;
  readonly container: string;
  readonly host?: string;
  readonly publish?: number;
  readonly trustedProxies?: readonly string[];
  readonly address?: string;
};

export interface Wanted {
  readonly app: string;
  readonly servers: readonly Target[];
  readonly port: number;
  readonly publish: number;
  readonly healthTimeout: number;
  readonly health?: HealthSettings;
}
