import { edgePorts } from "../../components/deploy/server-addresses";
import { isServed } from "../../components/settings/app-settings";
import { publishedPorts } from "../../components/settings/nexus/nexus-addresses";
import type { Settings } from "../../components/settings/settings";
import type { ExpectedService } from "./service";

/**
 * The services that a stack's settings ask for: its Nexus, each server's edge with its doors, each app on each of its
 * servers.
 */
export function expectedServices({ nexus, servers, apps }: Settings): ExpectedService[] {
  return [
    ...ofNexus(nexus),
    ...servers.flatMap((server) => {
      const { name, docker } = server;
      const here = apps.filter(isServed).filter((app) => app.servers.includes(name));
      return [
        ...edge(`${name}-edge`, docker, edgePorts(server, here), name),
        ...here.map((app) => ({ name: `${name}/${app.name}`, docker, server: name, app: app.name })),
      ];
    }),
  ];
}

/** Its own Nexus and the edge in front; one that was there already is nobody's service. */
function ofNexus(nexus: Settings["nexus"]): ExpectedService[] {
  if (nexus.url !== undefined) return [];
  const { docker, tls } = nexus;
  return [{ name: "nexus", docker }, ...(tls ? edge("nexus-edge", docker, publishedPorts(nexus)) : [])];
}

function edge(name: string, docker: string, ports: readonly number[], server?: string): ExpectedService[] {
  const where = { docker, ...(server && { server }) };
  return [{ name, ...where }, ...ports.map((door) => ({ name: `${name}-${door}`, ...where, door }))];
}
