import { lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { dockerAt, whyNoAnswer } from "../docker/client";
import { isListening } from "../lib/listening";
import { emptyFolder } from "../lib/mounts";
import { type Places, serverDir, serverExecRoot, serverSocket } from "../lib/places";
import { runCommand } from "../lib/run-command";
import { SandboxError } from "../lib/sandbox-error";
import { nodeScript, type ServiceSpec, sourcesOf, startService } from "../lib/service";
import { ensureNamespace, namespaceFile, portsOnServer } from "./namespace";
import { formatRoute, type Route } from "./relay";

/** dockerd gives its containers 15 seconds to end. */
export const dockerdGraceMs = 30_000;

export type ServerKind = { kind: "own" } | { kind: "shared"; reason: string };

/** Starts the Docker host that apps are deployed to; the main Docker itself where no namespace can be made. */
export async function startServer(places: Places, mainSocket: string): Promise<ServerKind> {
  const reason = await ensureNamespace(places);
  if (reason !== undefined) {
    linkMainDocker(places, mainSocket);
    return { kind: "shared", reason };
  }
  if (isShared(places)) rmSync(serverSocket(places));
  await startService(places, dockerdSpec(places));
  return { kind: "own" };
}

/** Whether "the server" is the main Docker. */
export function isShared(places: Places): boolean {
  const socket = serverSocket(places);
  return lstatSync(socket, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** Starts the process that passes ports on between host, containers and server. */
export async function startRelays(places: Places, mainSocket: string): Promise<Route[]> {
  const routes = [
    ...(await containerRoutes(places, mainSocket)),
    ...(isShared(places) ? [] : serverRoutes(places)),
  ];
  const script = nodeScript(join(__dirname, "serve-relays"));
  await startService(places, {
    name: "relays",
    command: script.command,
    args: [...script.args, ...routes.map(formatRoute)],
    fingerprintOf: [sourcesOf(__dirname)],
    isReady: async () => routes.every(({ from }) => isListening(from.port, from.address)),
  });
  return routes;
}

/** Nexus's container reaches what it is a proxy of at the address that Docker gives containers for the host. */
async function containerRoutes({ ports }: Places, mainSocket: string): Promise<Route[]> {
  const gateway = await bridgeAddress(mainSocket);
  return [ports.upstream, ports.gitlabRegistry, ports.gitlab].map((port) => ({
    from: { address: gateway, port },
    to: { address: "127.0.0.1", port },
  }));
}

/** The host's address on Docker's bridge. Not every version of Docker names it in the network's settings. */
async function bridgeAddress(mainSocket: string): Promise<string> {
  const bridge = (await dockerAt(mainSocket).getNetwork("bridge").inspect()) as Docker.NetworkInspectInfo;
  const link = bridge.Options?.["com.docker.network.bridge.name"] ?? "docker0";
  const shown = await runCommand("ip", ["-json", "-4", "address", "show", "dev", link]);
  const links = (shown.code === 0 ? JSON.parse(shown.stdout) : []) as { addr_info: { local: string }[] }[];
  const address = links[0]?.addr_info[0]?.local;
  if (!address)
    throw new SandboxError(`Docker at ${mainSocket} has no bridge (${link}) with an address on this machine`);
  return address;
}

function serverRoutes(places: Places): Route[] {
  const { server, ports } = places;
  const toHost = portsOnServer(places).map((port) => ({
    from: { address: server.hostAddress, port },
    to: { address: "127.0.0.1", port },
  }));
  const toApp = {
    from: { address: "127.0.0.1", port: ports.app },
    to: { address: server.serverAddress, port: ports.app },
  };
  return [...toHost, toApp];
}

function dockerdSpec(places: Places): ServiceSpec {
  const execRoot = serverExecRoot(places);
  mkdirSync(serverDir(places), { recursive: true, mode: 0o700 });
  const pidFile = join(execRoot, "docker.pid");
  // Not the main Docker's: what that says of addresses and folders is not meant for a second one.
  const configuration = join(places.run, "server.json");
  writeFileSync(configuration, "{}\n");
  return {
    name: "server",
    command: "nsenter",
    // nsenter, because with `ip netns exec` the cgroup mounts are gone.
    args: [
      `--net=${namespaceFile(places.server)}`,
      "dockerd",
      ...[
        "--config-file",
        configuration,
        "--data-root",
        serverDir(places),
        "--exec-root",
        execRoot,
        "--pidfile",
        pidFile,
      ],
      // Where the system runs a containerd of its own both Dockers use that one.
      ...["--containerd-namespace", places.server.namespace],
      ...["--containerd-plugins-namespace", `${places.server.namespace}-plugins`],
      ...["--host", `unix://${serverSocket(places)}`],
    ],
    prepare: () => emptyFolder(execRoot),
    isReady: async () => (await whyNoAnswer(serverSocket(places))) === undefined,
    readyTimeoutMs: 60_000,
    graceMs: dockerdGraceMs,
  };
}

function linkMainDocker(places: Places, mainSocket: string): void {
  rmSync(serverSocket(places), { force: true });
  symlinkSync(mainSocket, serverSocket(places));
}
