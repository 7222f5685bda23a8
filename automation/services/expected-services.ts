import { edgePorts } from "../../components/deploy/server-addresses";
import { isServed, processesOn } from "../../components/settings/app-settings";
import { publishedPorts } from "../../components/settings/nexus/nexus-addresses";
import type { AppSettings, Settings } from "../../components/settings/settings";
import type { ExpectedService } from "./service";

/**
 * The services that a stack's settings ask for: its Nexus, each server's edge with its doors, each app on each of its
 * servers, with its processes there.
 */
export function expectedServices({ nexus, servers, apps }: Settings): ExpectedService[] {
  return [
    ...ofNexus(nexus),
    ...servers.flatMap((server) => {
      const { name, docker } = server;
      const here = apps.filter((app) => app.servers.includes(name));
      return [
        ...edge(`${name}-edge`, docker, edgePorts(server, here.filter(isServed)), name),
        ...here.flatMap((app) => ofApp(app, name, docker)),
      ];
    }),
  ];
}

function ofApp(app: AppSettings, server: string, docker: string): ExpectedService[] {
  const own = { name: `${server}/${app.name}`, docker, server, app: app.name };
  const processes = processesOn(app, server).map(({ process, copyOf }) => ({
    ...own,
    name: `${own.name}/${process}`,
    process,
    ...(process !== copyOf && { copyOf }),
  }));
  return isServed(app) ? [own, ...processes] : processes;
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
