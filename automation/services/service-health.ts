import type { HealthWish } from "../../components/deploy/health";
import { healthWish } from "../../components/deploy/health-wish";
import { processWish } from "../../components/deploy/processes/readiness";
import { isServed, processesOn } from "../../components/settings/app-settings";
import type { Settings } from "../../components/settings/settings";
import { ownHosts } from "../../components/settings/tls-settings";
import type { Service, ServiceState } from "./service";

export interface ServiceHealth {
  readonly health?: HealthWish;
  /** Seconds, where the settings say. */
  readonly healthTimeout?: number;
}

/** States of an edge in which it can be had to ask. */
const RUNS: readonly ServiceState[] = ["running", "starting", "unhealthy"];

/**
 * How a service shows that it is healthy: an app or a process as the settings say, asked from its server's edge where that runs;
 * nothing of its own for everything else.
 */
export function healthOf(
  { app: name, process, server: on, docker, container }: Service,
  all: readonly Service[],
  { apps, servers }: Pick<Settings, "apps" | "servers">,
): ServiceHealth {
  const app = apps.find((one) => one.name === name);
  const server = servers.find((one) => one.name === on);
  if (!app || !server || !container) return {};
  const edge = all.find((one) => one.name === `${server.name}-edge` && one.docker === docker);
  const of = processesOn(app, server.name).find((one) => one.process === process);
  if (of) {
    const target = { docker, container: container.name, health: of.health };
    return { health: processWish(target, edge?.container?.id ?? ""), healthTimeout: of.healthTimeout };
  }
  if (!isServed(app)) return {};
  const { health: check, healthTimeout, port } = app;
  if (edge?.container === undefined || !RUNS.includes(edge.state))
    return { health: { check }, healthTimeout };
  const { tls, address } = server;
  const host = tls && (ownHosts(tls, app.name)[0] ?? address);
  const served = { docker, edge: edge.container.id, container: container.name, port, host, address };
  return { health: healthWish(served, check), healthTimeout };
}
