import { dockerKey } from "../docker/docker-address";
import { publishedPorts } from "./nexus/nexus-addresses";
import type { MadeNexus } from "./nexus/nexus-settings";
import type { Problem, ValidParts } from "./parts";
import { ownHosts } from "./tls-settings";

type Parts = Required<Pick<ValidParts, "servers" | "apps">> & Pick<ValidParts, "nexus">;
type Servers = NonNullable<ValidParts["servers"]>;

/** A port that something wants to publish. */
interface Claim {
  readonly docker: string;
  /** None for Nexus. */
  readonly server?: string;
  readonly port: number;
  /** Where it is chosen. */
  readonly path: readonly string[];
  /** Whether it speaks https by host names, which others of its server can share. */
  readonly hasNames?: boolean;
}

/** A Docker that is named in two ways would be two to all that looks for containers. */
export function checkDockers(
  { nexus, servers }: Pick<ValidParts, "nexus" | "servers">,
  problem: Problem,
): void {
  const named = [
    ...(nexus?.docker === undefined ? [] : [{ path: ["nexus", "docker"], docker: nexus.docker }]),
    ...Object.entries(servers ?? {}).map(([name, { docker }]) => ({
      path: ["servers", name, "docker"],
      docker,
    })),
  ];
  for (const { path, docker } of named) {
    const first = named.find((one) => dockerKey(one.docker) === dockerKey(docker));
    if (first === undefined || first.docker === docker) continue;
    problem(
      path,
      `it is the Docker of berth:${first.path.join(".")}, written in another way: write ${first.docker}`,
    );
  }
}

/** Every port of a Docker host can be published once, whatever its owner is called. */
export function checkPorts(parts: Parts, problem: Problem): void {
  const taken = new Map<string, Claim>();
  for (const claim of claimsOf(parts)) {
    const key = `${dockerKey(claim.docker)} ${claim.port}`;
    const twin = taken.get(key);
    if (twin && !canShare(claim, twin)) problem(claim.path, clash(claim, twin));
    taken.set(key, twin ?? claim);
  }
}

function claimsOf({ nexus, servers, apps }: Parts): Claim[] {
  // Which of them are twice, is told there.
  const ofNexus = (made: MadeNexus) =>
    [...new Set(publishedPorts(made))].map((port) => ({ docker: made.docker, port, path: ["nexus"] }));
  return [
    ...(nexus?.docker === undefined ? [] : ofNexus(nexus)),
    ...Object.keys(servers).flatMap((name) => claimsOfEdge(name, servers, apps)),
    ...Object.entries(apps).flatMap(([app, { servers: on, publish }]) =>
      [...new Set(on)].flatMap((server) => claimsOfApp(app, publish, server, servers)),
    ),
  ];
}

function claimsOfEdge(server: string, servers: Servers, apps: Parts["apps"]): Claim[] {
  const { docker, tls } = servers[server]!;
  if (!tls) return [];
  const at = (key: string) => ({ docker, server, path: ["servers", server, "tls", key] });
  const hasNamed = Object.entries(apps).some(
    ([app, { servers: on }]) => on.includes(server) && ownHosts(tls, app).length > 0,
  );
  return [
    ...(tls.redirectFrom === false ? [] : [{ ...at("redirectFrom"), port: tls.redirectFrom }]),
    ...(hasNamed ? [{ ...at("port"), port: tls.port, hasNames: true }] : []),
  ];
}

function claimsOfApp(app: string, publish: number | undefined, server: string, servers: Servers): Claim[] {
  if (publish === undefined) return []; // told where it is missing
  const there = Object.hasOwn(servers, server) ? servers[server] : undefined;
  if (!there || (there.tls && ownHosts(there.tls, app).length > 0)) return []; // has a host name instead
  return [{ docker: there.docker, server, port: publish, path: ["apps", app, "publish"] }];
}

/** An app without a host name is served by its server's own, on a port that may speak https for others as well. */
function canShare(claim: Claim, twin: Claim): boolean {
  const isApps = claim.path[0] === "apps";
  return claim.server === twin.server && (claim.path === twin.path || (isApps && twin.hasNames === true));
}

function clash({ server, port, path }: Claim, twin: Claim): string {
  const [isTls, isTwinTls] = [path, twin.path].map(([part]) => part === "servers");
  const of = isTls ? "" : ` of server ${server}`;
  if (twin.server === undefined) return `port ${port}${of} is already one of Nexus's`;
  const whose = isTwinTls ? "" : ` of server ${twin.server}`;
  const where = twin.server === server ? "" : `${whose}, on the same Docker`;
  return `port ${port}${of} is already ${twin.path.join(".")}${where}`;
}
