import { Readable } from "node:stream";
import type Docker from "dockerode";
import { statusOf } from "../values/error-facts";
import { filesOf, type TarEntry, tarOf } from "./tar";

/** On such a container, beside the labels that it is given. */
const IDLE = "berth.idle";
/** The same on one that runs for a moment to look into a volume (volume-content.ts). */
const LOOK = "berth.look";
/** Seconds: no look takes as long, and another run may be looking now. */
const LOOK_IS_OVER = 600;

export interface IdleContainerArgs {
  /** Absent: an empty image is made for it, so that nothing has to be pulled. */
  readonly image?: string;
  /** As of `docker run --volume`: `volume:/path` or `/folder/of/the/host:/path`. */
  readonly binds: readonly string[];
  /** By which it is found where a killed run left it behind. */
  readonly labels: { readonly [label: string]: string };
}

/**
 * A container that is created and never started: through it the Docker API writes and reads files of a volume or of
 * the Docker host itself. It is gone when the work is done.
 */
export async function withIdleContainer<T>(
  docker: Docker,
  args: IdleContainerArgs,
  work: (container: Docker.Container) => Promise<T>,
): Promise<T> {
  await removeLeftOver(docker, { ...args.labels, [IDLE]: "true" });
  const image = args.image ?? (await emptyImage(docker));
  let container: Docker.Container | undefined;
  try {
    container = await docker.createContainer({
      Image: image,
      Entrypoint: ["/never-started"], // an image without a command is refused
      Labels: { ...args.labels, [IDLE]: "true" },
      HostConfig: { Binds: [...args.binds], NetworkMode: "none" },
    });
    return await work(container);
  } finally {
    await container?.remove({ force: true, v: true }); // with the volumes that its image asks for
    if (args.image === undefined) await docker.getImage(image).remove({ force: true });
  }
}

/**
 * The labels of a container that looks. What a killed run left of its look goes first: a volume that was looked into could not
 * be deleted as long as it is there.
 */
export async function lookLabels(docker: Docker, labels: IdleContainerArgs["labels"]) {
  const marked = { ...labels, [LOOK]: "true" };
  await removeLeftOver(docker, marked, LOOK_IS_OVER);
  return marked;
}

/** Of a run that was killed in the middle of it. @param age least seconds since it was made */
async function removeLeftOver(docker: Docker, labels: IdleContainerArgs["labels"], age = 0): Promise<void> {
  const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const found = await docker.listContainers({ all: true, filters: { label } });
  for (const { Id } of found.filter(({ Created }) => Created + age <= Date.now() / 1000))
    await docker.getContainer(Id).remove({ force: true, v: true });
}

/** Writes files and folders below a folder of a container, which must exist. */
export async function putFiles(
  container: Docker.Container,
  folder: string,
  entries: readonly TarEntry[],
): Promise<void> {
  await container.putArchive(await tarOf(entries), { path: folder });
}

/** The files of a folder, or one file, by their names below its parent; undefined where there is none. */
export async function getFiles(
  container: Docker.Container,
  path: string,
): Promise<Map<string, Buffer> | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await container.getArchive({ path })) chunks.push(Buffer.from(chunk));
    return await filesOf(Buffer.concat(chunks));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Imports an image with nothing in it, and gives its id. */
async function emptyImage(docker: Docker): Promise<string> {
  const progress = await docker.importImage(Readable.from([await tarOf([])]));
  let said = "";
  for await (const chunk of progress) said += String(chunk);
  const id = /"status":"(sha256:[0-9a-f]{64})"/.exec(said)?.[1];
  if (id === undefined) throw new Error(`Docker did not import an empty image: ${said.trim()}`);
  return id;
}
