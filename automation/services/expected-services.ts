import type { Settings } from "../../components/settings";
import type { ExpectedService } from "./service";

/** The services that a stack's settings ask for: its Nexus, each server's edge, each app on each of its servers. */
export function expectedServices({ nexus, servers, apps }: Settings): ExpectedService[] {
  return [
    { name: "nexus", docker: nexus.docker },
    ...servers.flatMap((server) => {
      const { name, docker } = server;
      const here = apps.filter((app) => app.servers.includes(name));
      return [
        { name: `${name}-edge`, docker, server: name },
        ...here.map((app) => ({ name: `${name}/${app.name}`, docker, server: name, app: app.name })),
      ];
    }),
  ];
}

/** Every Docker host that the settings name, each once. */
export function dockerHosts({ nexus, servers }: Pick<Settings, "nexus" | "servers">): string[] {
  return [...new Set([nexus.docker, ...servers.map(({ docker }) => docker)])];
}
