import { publishedPorts } from "../../components/nexus-addresses";
import { edgePorts } from "../../components/server-addresses";
import type { Settings } from "../../components/settings";
import type { ExpectedService } from "./service";

/**
 * The services that a stack's settings ask for: its Nexus, each server's edge with its doors, each app on each of its
 * servers.
 */
export function expectedServices({ nexus, servers, apps }: Settings): ExpectedService[] {
  return [
    { name: "nexus", docker: nexus.docker },
    ...(nexus.tls ? edge("nexus-edge", nexus.docker, publishedPorts(nexus)) : []),
    ...servers.flatMap((server) => {
      const { name, docker } = server;
      const here = apps.filter((app) => app.servers.includes(name));
      return [
        ...edge(`${name}-edge`, docker, edgePorts(server, here), name),
        ...here.map((app) => ({ name: `${name}/${app.name}`, docker, server: name, app: app.name })),
      ];
    }),
  ];
}

function edge(name: string, docker: string, ports: readonly number[], server?: string): ExpectedService[] {
  const where = { docker, ...(server && { server }) };
  return [{ name, ...where }, ...ports.map((door) => ({ name: `${name}-${door}`, ...where, door }))];
}

/** Every Docker host that the settings name, each once. */
export function dockerHosts({ nexus, servers }: Pick<Settings, "nexus" | "servers">): string[] {
  return [...new Set([nexus.docker, ...servers.map(({ docker }) => docker)])];
}
