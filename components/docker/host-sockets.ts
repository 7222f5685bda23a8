import type Docker from "dockerode";
import { lookBriefly } from "./brief-container";
import { type Socket, socketsIn } from "./connections";

/**
 * The sockets of a Docker host itself, also those of processes beside Docker: a container in the host's network reads them.
 * @param labels that say whose it is
 * @returns undefined where there is no image that can look, or such a container isn't allowed
 */
export async function hostSockets(
  docker: Docker,
  labels: { readonly [label: string]: string },
): Promise<Socket[] | undefined> {
  const text = await lookBriefly(docker, {
    command: ["cat", "/proc/net/tcp", "/proc/net/tcp6"],
    network: "host",
    labels,
    // Without IPv6 the second file is not there; without the first nothing was read.
    isAnswer: (said) => said.includes("local_address"),
  });
  return text === undefined ? undefined : socketsIn(text);
}
