import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { checkCommand } from "./run-command";
import { messageOf } from "./sandbox-error";

/** The mount points in or below a folder, deepest first, from a mountinfo table (proc(5)). */
export function mountsBelow(folder: string, mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .map((line) => unescapeOctal(line.split(" ")[4] ?? ""))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** Removes a folder with everything in it, but nothing of what is mounted there: that is unmounted first. */
export async function removeTree(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return false;
  for (const point of mountsNow(folder)) await unmount(point);
  rmSync(folder, { recursive: true, force: true });
  return true;
}

/** One may be gone by itself meanwhile, with the mount that held it, or is listed below another one and not to be reached. */
async function unmount(point: string): Promise<void> {
  try {
    await checkCommand("umount", ["--lazy", point]);
  } catch (error) {
    const isGone = /not mounted/.test(messageOf(error)) || !mountsNow(point).includes(point);
    if (!isGone) throw error;
  }
}

const mountsNow = (folder: string) => mountsBelow(folder, readFileSync("/proc/self/mountinfo", "utf8"));

/**
 * For what a killed dockerd leaves in its exec root: pid files whose numbers it would take for itself and its
 * containerd, sockets nobody listens on, mounts of containers that are gone.
 */
export async function emptyFolder(folder: string): Promise<void> {
  await removeTree(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

const unescapeOctal = (text: string) =>
  text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
