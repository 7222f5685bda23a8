import { posix } from "node:path";
import type Docker from "dockerode";
import { execIn } from "../docker/docker-host";
import { putFiles } from "../docker/idle-container";
import { reloadNginx } from "./software/reload-nginx";

/**
 * A door is a container that holds one published port for as long as anybody wants it, and hands what comes there on to
 * the edge that is active, as it is (layer 4). Docker can't change the ports of a container that runs, and no two
 * containers can publish one port: a door never has to be replaced, an edge may be (docs/decisions/0020).
 */
export interface Door {
  readonly port: number;
  /** Its name. */
  readonly container: string;
}

/** As the public hub names it; it needs nginx's `stream`. */
export const DOOR_IMAGE = "library/nginx:1";

export const DOOR_CONFIG = "/etc/nginx/nginx.conf";
/** The same text as the door has loaded it; another one than in DOOR_CONFIG where a run was killed in between. */
const LOADED = "/etc/nginx/loaded.conf";
const NEXT = "/etc/nginx/next.conf";

/**
 * nginx's configuration of a door, both of Debian (whose stream is a module) and of the official image (where it is built
 * in). Docker's own name service tells where an edge is, with each connection: one that is restarted may have moved.
 * @param edge name of the container that is active; without it nothing is listened on yet
 */
export function doorConfig(port: number, edge?: string): string {
  const server = [
    "\tresolver 127.0.0.11 valid=1s ipv6=off;",
    "\tserver {",
    `\t\tlisten ${port} so_keepalive=on;`,
    `\t\tset $edge ${edge};`,
    `\t\tproxy_pass $edge:${port};`,
    "\t\tproxy_protocol on;", // else every client would be this container
    "\t\tproxy_connect_timeout 5s;",
    "\t\tproxy_timeout 1d;", // who is silent for too long is for the edge to judge
    "\t\tproxy_socket_keepalive on;",
    "\t}",
  ];
  const lines = [
    "include /etc/nginx/modules-enabled/*.conf;",
    "worker_processes 1;",
    "error_log stderr warn;",
    "pid /run/nginx.pid;",
    "events {",
    "\tworker_connections 8192;",
    "}",
    "stream {",
    ...(edge === undefined ? [] : server),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** Which edge a door leads to, undefined where that isn't known for sure. */
export async function doorLeadsTo(door: Docker.Container): Promise<string | undefined> {
  const { exitCode, output } = await execIn(door, ["cat", LOADED]);
  return exitCode === 0 ? /set \$edge ([^;\s]+);/.exec(output)?.[1] : undefined;
}

/**
 * Has a door lead to another edge. When this ends no new connection goes to the one before; those that are there stay.
 * @throws Error with what nginx said; the door leads where it led then
 */
export async function turnDoor(door: Docker.Container, port: number, edge: string): Promise<void> {
  await putFiles(door, posix.dirname(NEXT), [
    { name: posix.basename(NEXT), mode: 0o644, content: doorConfig(port, edge) },
  ]);
  const script = [
    "set -eu",
    `nginx -t -q -c ${NEXT} 2>&1`,
    `rm -f ${LOADED}`,
    `cp ${NEXT} ${DOOR_CONFIG}`,
    reloadNginx(),
    `mv ${NEXT} ${LOADED}`,
  ];
  const { exitCode, output } = await execIn(door, ["sh", "-c", script.join("\n")]);
  if (exitCode !== 0) throw new Error(output.trim() || `its shell ended with exit code ${exitCode}`);
}
