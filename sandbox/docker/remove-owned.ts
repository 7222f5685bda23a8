import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { type Places, stateDir } from "../lib/places";
import { imageIfAny, sandboxLabel } from "./client";

/** What the program puts on everything it makes in Docker. */
const projectLabel = "berth.project";
const stackLabel = "berth.stack";

export type Labels = Record<string, string> | null | undefined;

/** A stack of the sandbox's state backend: its project and name. */
export interface StackName {
  project: string;
  stack: string;
}

/** The stacks whose state is in the sandbox (Pulumi's file backend: `.pulumi/stacks/<project>/<stack>.json`). */
export function sandboxStacks(places: Places): StackName[] {
  const root = join(stateDir(places), ".pulumi/stacks");
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: project }) =>
      readdirSync(join(root, project))
        .map((file) => /^(.+?)\.json(\.gz)?$/.exec(file)?.[1])
        .filter((stack) => stack !== undefined)
        .map((stack) => ({ project, stack })),
    );
}

/**
 * Whether a thing in Docker is the sandbox's: its own label, or the labels of a stack whose state is here. What
 * Berth made for a stack with another state is somebody's real deployment and is left alone.
 */
export function isOwned(labels: Labels, places: Places, stacks: StackName[]): boolean {
  if (labels?.[sandboxLabel] === places.home) return true;
  return stacks.some((one) => labels?.[projectLabel] === one.project && labels?.[stackLabel] === one.stack);
}

/** Removes containers, then networks, then volumes of the sandbox; gives a line for each. */
export async function removeOwned(docker: Docker, places: Places): Promise<string[]> {
  const stacks = sandboxStacks(places);
  const owned = (labels: Labels) => isOwned(labels, places, stacks);
  return [
    ...(await removeContainers(docker, owned)),
    ...(await removeBuildLeftovers(docker, places)),
    ...(await removeNetworks(docker, owned)),
    ...(await removeVolumes(docker, owned)),
  ];
}

/** What carries a label of Berth's but belongs to another state. */
export async function foreignContainers(docker: Docker): Promise<string[]> {
  const containers = await docker.listContainers({ all: true, filters: { label: [projectLabel] } });
  return containers.map((one) => nameOf(one));
}

async function removeContainers(docker: Docker, owned: (labels: Labels) => boolean): Promise<string[]> {
  const containers = (await docker.listContainers({ all: true })).filter((one) => owned(one.Labels));
  await Promise.all(containers.map((one) => docker.getContainer(one.Id).remove({ force: true, v: true })));
  return containers.map((one) => `container ${nameOf(one)}`);
}

/**
 * What a killed `docker build` of the sandbox leaves: the builder gives its containers neither labels nor names.
 * They are stopped, run a shell on an image named by its id, and that is of the sandbox's own images.
 */
async function removeBuildLeftovers(docker: Docker, places: Places): Promise<string[]> {
  const stopped = await docker.listContainers({
    all: true,
    filters: { status: ["created", "exited", "dead"] },
  });
  const removed: string[] = [];
  for (const one of stopped.filter(isBuilders)) {
    if (!(await isMadeOf(docker, one.ImageID, `${places.imagePrefix}/`))) continue;
    await docker.getContainer(one.Id).remove({ force: true, v: true });
    removed.push(`container ${nameOf(one)}, left by a build`);
  }
  return removed;
}

function isBuilders({ Image, ImageID, Command, Labels }: Docker.ContainerInfo): boolean {
  return Image === ImageID && Command.startsWith("/bin/sh -c") && Labels[projectLabel] === undefined;
}

/** Whether the image, or one that it was built on, has a name that begins so. */
async function isMadeOf(docker: Docker, id: string, prefix: string): Promise<boolean> {
  const image = await imageIfAny(docker, id);
  if (!image) return false;
  if (image.RepoTags?.some((name) => name.startsWith(prefix))) return true;
  return image.Parent !== "" && isMadeOf(docker, image.Parent, prefix);
}

async function removeNetworks(docker: Docker, owned: (labels: Labels) => boolean): Promise<string[]> {
  const networks = (await docker.listNetworks()).filter((one) => owned(one.Labels));
  await Promise.all(networks.map((one) => docker.getNetwork(one.Id).remove()));
  return networks.map((one) => `network ${one.Name}`);
}

async function removeVolumes(docker: Docker, owned: (labels: Labels) => boolean): Promise<string[]> {
  const volumes = ((await docker.listVolumes()).Volumes ?? []).filter((one) => owned(one.Labels));
  await Promise.all(volumes.map((one) => docker.getVolume(one.Name).remove()));
  return volumes.map((one) => `volume ${one.Name}`);
}

const nameOf = (container: Docker.ContainerInfo) => (container.Names[0] ?? container.Id).replace(/^\//, "");
