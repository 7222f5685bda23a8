import { statfs } from "node:fs/promises";
import { hostname } from "node:os";
import type Docker from "dockerode";
import { lookBriefly } from "./brief-container";

/** Of the disk that images and volumes are on. */
export interface Disk {
  /** Bytes. */
  readonly size: number;
  readonly free: number;
}

/** `df -Pk /`: a container's root is on the disk of Docker's images. */
const LINE = /^\S+\s+(\d+)\s+\d+\s+(\d+)\s+\d+%\s+\/$/m;

/**
 * The disk of a Docker host: of this machine by its folder, of another by a container that looks.
 * @param folder that Docker keeps all in, and @param name the host's, as `docker info` tells them
 * @returns undefined where there is no image that can look
 */
export async function hostDisk(
  docker: Docker,
  { address, folder, name }: { readonly address: string; readonly folder: string; readonly name: string },
  labels: { readonly [label: string]: string },
): Promise<Disk | undefined> {
  if (address.startsWith("unix://") && name === hostname()) {
    const here = await statfs(folder).catch(() => undefined); // it may be a virtual machine's, or hidden from this user
    if (here) return { size: here.blocks * here.bsize, free: here.bavail * here.bsize };
  }
  const isAnswer = (text: string) => LINE.test(text);
  const said = await lookBriefly(docker, { command: ["df", "-Pk", "/"], network: "none", labels, isAnswer });
  const [, size, free] = LINE.exec(said ?? "") ?? [];
  return size === undefined ? undefined : { size: Number(size) * 1024, free: Number(free) * 1024 };
}
