import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Places, ServerPlaces } from "../lib/places";
import { checkCommand, runCommand } from "../lib/run-command";
import { messageOf, SandboxError } from "../lib/sandbox-error";

/** The registries that the server must reach at the addresses they have on the host, and GitLab's token address. */
export const portsOnServer = ({ ports }: Places) => [
  ports.nexusHosted,
  ports.nexusGroup,
  ports.gitlabRegistry,
  ports.gitlab,
  ports.upstream,
];

export const namespaceFile = (server: ServerPlaces) => join("/run/netns", server.namespace);

/**
 * A network namespace with a cable to the host, in which 127.0.0.1 leads to the host's registries. Undefined where
 * that succeeded, else why this machine cannot have one (no right to make namespaces, as in most containers).
 */
export async function ensureNamespace(places: Places): Promise<string | undefined> {
  const { server } = places;
  const clash = routeClash(
    server,
    JSON.parse(await checkCommand("ip", ["-json", "route", "show"])) as Route[],
  );
  if (clash) throw new SandboxError(clash);
  try {
    if (!existsSync(namespaceFile(server))) await checkCommand("ip", ["netns", "add", server.namespace]);
    await connect(server);
    await checkCommand("ip", ["netns", "exec", server.namespace, "sh", "-ec", insideScript(places)]);
    return undefined;
  } catch (error) {
    await removeNamespace(server);
    return messageOf(error);
  }
}

/** Ends with the namespace: its end of the cable, addresses and rules. True where there was one. */
export async function removeNamespace(server: ServerPlaces): Promise<boolean> {
  // The host's end goes first: the namespace itself lingers while a process is still in it.
  await runCommand("ip", ["link", "delete", server.hostLink]);
  if (!existsSync(namespaceFile(server))) return false;
  await checkCommand("ip", ["netns", "delete", server.namespace]);
  return true;
}

export interface Route {
  /** CIDR, an address, or `default`. */
  dst: string;
  dev?: string;
}

/** The message for a machine that already uses the sandbox's network for something else. */
export function routeClash(server: ServerPlaces, routes: Route[]): string | undefined {
  const other = routes.find((route) => route.dev !== server.hostLink && overlaps(route.dst, server.network));
  return (
    other &&
    `the network ${server.network}, by which host and server talk, is in use on this machine: it is routed to ` +
      `${other.dev ?? "another place"} (${other.dst}); end what uses it and try again`
  );
}

async function connect(server: ServerPlaces): Promise<void> {
  const inside = await runCommand("ip", ["-netns", server.namespace, "link", "show", server.serverLink]);
  if (inside.code !== 0) {
    // A host's end without its other end in this namespace is left over from an earlier one.
    await runCommand("ip", ["link", "delete", server.hostLink]);
    const peer = ["peer", "name", server.serverLink, "netns", server.namespace];
    await checkCommand("ip", ["link", "add", server.hostLink, "type", "veth", ...peer]);
  }
  await checkCommand("ip", [
    "address",
    "replace",
    `${server.hostAddress}/${prefixOf(server)}`,
    "dev",
    server.hostLink,
  ]);
  await checkCommand("ip", ["link", "set", server.hostLink, "up"]);
}

/** Idempotent. The masquerade gives packets from 127.0.0.1 an address that the host can answer to. */
function insideScript(places: Places): string {
  const { server } = places;
  const dnat = portsOnServer(places).map((port) =>
    rule(
      "OUTPUT",
      `-d 127.0.0.1/32 -p tcp --dport ${port} -j DNAT --to-destination ${server.hostAddress}:${port}`,
    ),
  );
  return [
    "ip link set lo up",
    `ip address replace ${server.serverAddress}/${prefixOf(server)} dev ${server.serverLink}`,
    `ip link set ${server.serverLink} up`,
    "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet",
    "echo 1 > /proc/sys/net/ipv4/ip_forward",
    ...dnat,
    rule("POSTROUTING", `-o ${server.serverLink} -s 127.0.0.0/8 -j MASQUERADE`),
  ].join("\n");
}

const rule = (chain: string, text: string) =>
  `iptables -w -t nat -C ${chain} ${text} 2>/dev/null || iptables -w -t nat -A ${chain} ${text}`;

const prefixOf = (server: ServerPlaces) => server.network.split("/")[1];

function overlaps(left: string, right: string): boolean {
  if (left === "default") return false;
  const [one, two] = [range(left), range(right)];
  return one.first <= two.last && two.first <= one.last;
}

function range(cidr: string): { first: number; last: number } {
  const [address = "", prefix = "32"] = cidr.split("/");
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}
