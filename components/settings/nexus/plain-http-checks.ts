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

/**
 * One look at each Docker host that would pull from Nexus in plain http; none with https, or where Nexus is reached on the
 * machine itself, from which every Docker takes plain http.
 */
export function plainHttpChecks(nexus: NexusSettings, { builder, servers }: Pullers): PlainHttp[] {
  if (speaksTls(nexus) || isLoopback(new URL(nexusUrl(nexus)).hostname)) return [];
  const [releases, group] = [registryAddress(nexus, "releases"), registryAddress(nexus, "docker")] as const;
  const wanted = new Map<string, string[]>();
  if (builder !== undefined) wanted.set(builder, [group]);
  for (const server of servers) wanted.set(server, [releases, group]);
  return [...wanted].map(([docker, registries]) => {
    return new PlainHttp(`plain-http-${docker.replace(/[^a-zA-Z0-9]+/g, "-")}`, { docker, registries });
  });
}
