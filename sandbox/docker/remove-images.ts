import type Docker from "dockerode";
import type { Places } from "../lib/places";

/** Removes the images that the sandbox made and those named after its registries; gives a line for each. */
export async function removeImages(docker: Docker, places: Places): Promise<string[]> {
  const { gitlabRegistry, nexusHosted, nexusGroup, upstream } = places.ports;
  const prefixes = [
    `${places.imagePrefix}/`,
    ...[gitlabRegistry, nexusHosted, nexusGroup, upstream].map((port) => `127.0.0.1:${port}/`),
  ];
  const isOurs = (name: string) => prefixes.some((prefix) => name.startsWith(prefix));
  const names = (await docker.listImages({ all: true })).flatMap((image) => [
    ...(image.RepoTags ?? []),
    ...(image.RepoDigests ?? []),
  ]);
  const lines: string[] = [];
  for (const name of names.filter((one) => isOurs(one) && !one.includes("<none>"))) {
    const line = await removeImage(docker, name);
    if (line) lines.push(line);
  }
  return lines;
}

async function removeImage(docker: Docker, name: string): Promise<string | undefined> {
  try {
    await docker.getImage(name).remove();
    return `removed image ${name}`;
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    // A digest goes with its last tag.
    if (statusCode === 404) return undefined;
    if (statusCode === 409) return `left image ${name}: a container that is not the sandbox's uses it`;
    throw error;
  }
}
