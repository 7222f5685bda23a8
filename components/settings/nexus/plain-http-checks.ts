import { PlainHttp } from "../../docker/plain-http";
import { isLoopback } from "../../http/private-address";
import { nexusUrl, registryAddress, speaksTls } from "./nexus-addresses";
import type { NexusSettings } from "./nexus-settings";

/** The Docker hosts that pull from Nexus, by their addresses. */
export interface Pullers {
  /** Pulls base images; undefined where nothing is built. */
  readonly builder: string | undefined;
  /** Pull releases, and the edge's image. */
  readonly servers: readonly string[];
}

/** Host → the registries of Nexus that its Docker pulls from. */
export function pulledRegistries(nexus: NexusSettings, { builder, servers }: Pullers): Map<string, string[]> {
  const [releases, group] = [registryAddress(nexus, "releases"), registryAddress(nexus, "docker")] as const;
  const wanted = new Map<string, string[]>();
  if (builder !== undefined) wanted.set(builder, [group]);
  for (const server of servers) wanted.set(server, [releases, group]);
  return wanted;
}

/** Whether a Docker that pulls from Nexus has to be told to take plain http. Every Docker does from the machine itself. */
export const needsPlainHttp = (nexus: NexusSettings) =>
  !speaksTls(nexus) && !isLoopback(new URL(nexusUrl(nexus)).hostname);

/** One look at each Docker host that would pull from Nexus in plain http; none where there is nothing to be told. */
export function plainHttpChecks(nexus: NexusSettings, pullers: Pullers): PlainHttp[] {
  if (!needsPlainHttp(nexus)) return [];
  return [...pulledRegistries(nexus, pullers)].map(([docker, registries]) => {
    return new PlainHttp(`plain-http-${docker.replace(/[^a-zA-Z0-9]+/g, "-")}`, { docker, registries });
  });
}
