import type { ImageInspectInfo } from "dockerode";
import type { OperationContext } from "../provider";
import type { Connection } from "./connection";
import { isNotFound } from "./docker-error";
import { dockerEvents } from "./event-stream";
import { repositoryOf } from "./registry-auth";

/** The image of that name (tag, digest or id) on this Docker, undefined where there is none. */
export async function findLocalImage(
  name: string,
  connection: Connection,
): Promise<ImageInspectInfo | undefined> {
  try {
    return await connection.docker.getImage(name).inspect();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    return connection.attempt(`Unable to look for image ${name}`, () => Promise.reject(error));
  }
}

/** The local image, pulled first if it is missing: what is there already is never looked up again. */
export async function ensureImage(
  name: string,
  platform: string,
  connection: Connection,
  context: OperationContext,
): Promise<ImageInspectInfo> {
  const there = await findLocalImage(name, connection);
  if (there !== undefined) return there;
  await pullImage(name, platform, connection, context);
  const pulled = await findLocalImage(name, connection);
  if (pulled === undefined)
    throw new Error(`Pulled image ${name}, and Docker doesn't find it under that name`);
  return pulled;
}

async function pullImage(
  name: string,
  platform: string,
  connection: Connection,
  context: OperationContext,
): Promise<void> {
  const tagged = name.includes("@") || name !== repositoryOf(name) ? name : `${name}:latest`;
  await connection.attempt(`Unable to pull image ${name}`, async () => {
    const response = await connection.docker.pull(tagged, {
      authconfig: connection.authFor(name),
      abortSignal: context.signal,
      ...(platform === "" ? {} : { platform }),
    });
    for await (const event of dockerEvents(response)) {
      if (event.error !== undefined) throw new Error(event.error);
      if (event.status !== undefined)
        context.log("status", [event.id, event.status].filter(Boolean).join(": "));
    }
  });
}

/**
 * The reference by digest under which the image's own repository knows it; else the first there is; "" for an
 * image that never saw a registry. (The real plugin cuts names at their first colon, and so mixes up registries
 * that differ only in their port.)
 */
export function repoDigestOf(name: string, image: ImageInspectInfo): string {
  const digests = image.RepoDigests ?? [];
  if (digests.includes(name)) return name;
  const repository = repositoryOf(name);
  return digests.find((digest) => repositoryOf(digest) === repository) ?? digests[0] ?? "";
}
