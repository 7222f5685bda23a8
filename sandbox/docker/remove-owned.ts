import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type Docker from "dockerode";
import { type Places, stateDir } from "../lib/places";
import { imageIfAny, sandboxLabel } from "./client";

/** What the program puts on everything it makes in Docker, and what of it says whose that is. */
const projectLabel = "berth.project";
const identityLabel = "berth.id";
/** The type of the resource that has a stack's identity as its id. */
const identityType = "pulumi-nodejs:dynamic/stack:Identity";

export type Labels = Record<string, string> | null | undefined;

/** What the stacks whose state is in the sandbox have made, by identities and by the ids of their resources. */
export interface StackThings {
  readonly identities: ReadonlySet<string>;
  readonly ids: ReadonlySet<string>;
}

interface Checkpoint {
  readonly checkpoint?: { readonly latest?: { readonly resources?: { type: string; id?: string }[] } | null };
}

/** Read from the sandbox's state backend (Pulumi's file backend: `.pulumi/stacks/<project>/<stack>.json`). */
export function sandboxThings(places: Places): StackThings {
  const root = join(stateDir(places), ".pulumi/stacks");
  const files = existsSync(root) ? readdirSync(root, { recursive: true, encoding: "utf8" }) : [];
  const resources = files
    .filter((file) => /\.json(\.gz)?$/.test(file))
    .flatMap((file) => {
      const bytes = readFileSync(join(root, file));
      const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      return (JSON.parse(text) as Checkpoint).checkpoint?.latest?.resources ?? [];
    });
  const idsOf = (some: typeof resources) => new Set(some.flatMap(({ id }) => id ?? []));
  return {
    identities: idsOf(resources.filter(({ type }) => type === identityType)),
    ids: idsOf(resources),
  };
}

/** A container's or network's id, a volume's name. */
interface Thing {
  readonly id: string;
  readonly labels: Labels;
}

/**
 * Whether a thing in Docker is the sandbox's: its own label, or a stack's whose state is here. Names prove nothing: what
 * Berth made for a stack with another state is somebody's real deployment and is left alone.
 */
export function isOwned({ id, labels }: Thing, places: Places, { identities, ids }: StackThings): boolean {
  if (labels?.[sandboxLabel] === places.home) return true;
  return ids.has(id) || identities.has(labels?.[identityLabel] ?? "");
}

type Owned = (id: string, labels: Labels) => boolean;

/** Removes containers, then networks, then volumes of the sandbox; gives a line for each. */
export async function removeOwned(docker: Docker, places: Places): Promise<string[]> {
  const things = sandboxThings(places);
  const owned = (id: string, labels: Labels) => isOwned({ id, labels }, places, things);
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

async function removeContainers(docker: Docker, owned: Owned): Promise<string[]> {
  const containers = (await docker.listContainers({ all: true })).filter((one) => owned(one.Id, one.Labels));
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

async function removeNetworks(docker: Docker, owned: Owned): Promise<string[]> {
  const networks = (await docker.listNetworks()).filter((one) => owned(one.Id, one.Labels));
  await Promise.all(networks.map((one) => docker.getNetwork(one.Id).remove()));
  return networks.map((one) => `network ${one.Name}`);
}

async function removeVolumes(docker: Docker, owned: Owned): Promise<string[]> {
  const volumes = ((await docker.listVolumes()).Volumes ?? []).filter((one) => owned(one.Name, one.Labels));
  await Promise.all(volumes.map((one) => docker.getVolume(one.Name).remove()));
  return volumes.map((one) => `volume ${one.Name}`);
}

const nameOf = (container: Docker.ContainerInfo) => (container.Names[0] ?? container.Id).replace(/^\//, "");
