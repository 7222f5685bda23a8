import { dockerHost } from "../docker/docker-host";
import type { HealthSettings } from "../settings/health-settings";
import type { HealthWish } from "./health";

/** An app's container on a server, and the edge proxy that its requests come from. */
export interface Served {
  readonly docker: string;
  /** The edge proxy's container. */
  readonly edge: string;
  /** The app's, by its name on the edge's network. */
  readonly container: string;
  readonly port: number;
  /** Host name under which the edge serves it, with TLS. */
  readonly host?: string | undefined;
  /** Name or address of the server, where there is no host name. */
  readonly address?: string | undefined;
}

/** How that container is to show that it is healthy: the same after a deployment, a start and a restart. */
export function healthWish(served: Served, check: HealthSettings | undefined): HealthWish {
  const { docker, edge, container, port, host, address } = served;
  const names = {
    host: host ?? address ?? container,
    scheme: host === undefined ? "http" : "https",
  } as const;
  return { check, asked: { edge: dockerHost(docker).getContainer(edge), container, port, ...names } };
}
