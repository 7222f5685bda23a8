import type Docker from "dockerode";
import { statusOf } from "../values/error-facts";
import { unframe } from "./docker-host";

/** Images that surely have the usual programs come first, by their names; how many are tried at most. */
const LIKELY = /caddy|nginx|alpine|busybox|debian|ubuntu|python|node|postgres/;
const TRIES = 4;

export interface BriefLook {
  readonly command: readonly [string, ...string[]];
  readonly network: "host" | "none";
  /** That say whose it is. */
  readonly labels: { readonly [label: string]: string };
  /** Whether what it printed is what was asked for. */
  readonly isAnswer: (text: string) => boolean;
}

/**
 * What a program says on a Docker host: a container runs it and is gone again. Its image is one that is there already, as nothing
 * is to be pulled for a look.
 * @returns undefined where no image has such a program, or such a container isn't allowed
 */
export async function lookBriefly(docker: Docker, look: BriefLook): Promise<string | undefined> {
  const images = await docker.listImages();
  const rank = ({ RepoTags, RepoDigests }: Docker.ImageInfo) =>
    LIKELY.test([...(RepoTags ?? []), ...(RepoDigests ?? [])].join(" ")) ? 0 : 1;
  const likely = [...images].sort((one, other) => rank(one) - rank(other));
  for (const { Id } of likely.slice(0, TRIES)) {
    const text = await saidIn(docker, Id, look);
    if (text !== undefined) return text;
  }
  return undefined;
}

async function saidIn(docker: Docker, Image: string, { command, network, labels, isAnswer }: BriefLook) {
  const [program, ...args] = command;
  let container: Docker.Container | undefined;
  try {
    container = await docker.createContainer({
      Image,
      Labels: { ...labels },
      Entrypoint: [program],
      Cmd: args,
      Healthcheck: { Test: ["NONE"] },
      HostConfig: { NetworkMode: network, CapDrop: ["ALL"] },
    });
    await container.start();
    await container.wait();
    const said = unframe(await container.logs({ stdout: true, stderr: false, follow: false }));
    return isAnswer(said) ? said : undefined;
  } catch (error) {
    // No such program in the image, no host network allowed: whichever it is, another image is tried.
    if (statusOf(error) !== undefined) return undefined;
    throw error;
  } finally {
    await container?.remove({ force: true, v: true });
  }
}
