import type Docker from "dockerode";
import { statusOf } from "../values/error-facts";
import { type Socket, socketsIn } from "./connections";
import { unframe } from "./docker-host";

/** Images that surely have a `cat` come first, by their names; how many are tried at most. */
const LIKELY = /caddy|nginx|alpine|busybox|debian|ubuntu|python|node|postgres/;
const TRIES = 4;

/**
 * The sockets of a Docker host itself, also those of processes beside Docker: a container in the host's network reads them
 * and is gone again. Its image is one that is there already, as nothing is to be pulled for a look.
 * @param labels that say whose it is
 * @returns undefined where there is no image that can look, or such a container isn't allowed
 */
export async function hostSockets(
  docker: Docker,
  labels: { readonly [label: string]: string },
): Promise<Socket[] | undefined> {
  const images = await docker.listImages();
  const rank = ({ RepoTags, RepoDigests }: Docker.ImageInfo) =>
    LIKELY.test([...(RepoTags ?? []), ...(RepoDigests ?? [])].join(" ")) ? 0 : 1;
  const likely = [...images].sort((one, other) => rank(one) - rank(other));
  for (const { Id } of likely.slice(0, TRIES)) {
    const text = await readIn(docker, Id, labels);
    if (text !== undefined) return socketsIn(text);
  }
  return undefined;
}

async function readIn(docker: Docker, Image: string, Labels: { readonly [label: string]: string }) {
  let container: Docker.Container | undefined;
  try {
    container = await docker.createContainer({
      Image,
      Labels,
      Entrypoint: ["cat"],
      Cmd: ["/proc/net/tcp", "/proc/net/tcp6"],
      Healthcheck: { Test: ["NONE"] },
      HostConfig: { NetworkMode: "host", CapDrop: ["ALL"] },
    });
    await container.start();
    await container.wait();
    const said = unframe(await container.logs({ stdout: true, stderr: false, follow: false }));
    // Without IPv6 the second file is not there; without the first nothing was read.
    return said.includes("local_address") ? said : undefined;
  } catch (error) {
    // No `cat` in the image, no host network allowed: whichever it is, another image is tried.
    if (statusOf(error) !== undefined) return undefined;
    throw error;
  } finally {
    await container?.remove({ force: true, v: true });
  }
}
