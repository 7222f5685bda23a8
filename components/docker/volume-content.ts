import type Docker from "dockerode";
import { atMost } from "../values/at-most";
import { bytesText } from "../values/bytes-text";
import { messageOf, statusOf } from "../values/error-facts";
import { dockerHost, unframe } from "./docker-host";
import { lookLabels } from "./idle-container";

/** What a volume holds. */
export interface VolumeContent {
  readonly files: number;
  readonly bytes: number;
  /** When a file in it was last written; undefined where there is none, or nobody could look. */
  readonly lastWritten?: Date;
  /** Why it could not be counted: then it counts as holding something. */
  readonly unknown?: string;
}

export interface LookInto {
  /** Docker host and volume there. */
  readonly docker: string;
  readonly volume: string;
  /** An image that is on that host, with a shell, find, stat and awk: one of ours runs there anyway. */
  readonly image: string;
  /** Of the container that looks. */
  readonly labels: { readonly [label: string]: string };
}

const INSIDE = "/volume";
/**
 * Files, bytes, the newest time of a change: what the volume's owner would miss. Fails where a tool is missing, so that
 * nothing counted is never taken for nothing there; a file that goes meanwhile, as a database's may, is no failure.
 */
const COUNT = `cd ${INSIDE} && find . -xdev -type f -exec stat -c '%s %Y' '{}' + > /tmp/files || [ -s /tmp/files ] || exit 1
awk '{ n++; s += $1; if ($2 > m) m = $2 } END { printf "%d %.0f %d\\n", n, s, m }' /tmp/files`;

/** Milliseconds: nobody waits longer for a number. */
const PATIENCE_MS = 30_000;

/** Looks into a volume with a container of its own that can't write; undefined where there is no such volume. */
export async function volumeContent(args: LookInto): Promise<VolumeContent | undefined> {
  const docker = dockerHost(args.docker);
  if (!(await isThere(docker, args.volume))) return undefined;
  const labels = await lookLabels(docker, args.labels);
  const container = await createLooker(docker, { ...args, labels }).catch(unlessNoImage);
  if (container === undefined) return unknown(`the image ${args.image} is not on ${args.docker}`);
  try {
    const problem = await count(container);
    if (problem !== undefined)
      return unknown(`it can't be counted with what is in ${args.image}: ${problem}`);
    const logs = await container.logs({ stdout: true, stderr: false, follow: false });
    const [files = 0, bytes = 0, seconds = 0] = unframe(logs).trim().split(" ").map(Number);
    return { files, bytes, ...(files > 0 && { lastWritten: new Date(seconds * 1000) }) };
  } finally {
    await container.remove({ force: true, v: true });
  }
}

function unknown(why: string): VolumeContent {
  return { files: 0, bytes: 0, unknown: why };
}

function createLooker(docker: Docker, { volume, image, labels }: LookInto): Promise<Docker.Container> {
  return docker.createContainer({
    Image: image,
    Entrypoint: ["sh", "-c", COUNT],
    Cmd: [],
    User: "0",
    Labels: { ...labels },
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      Binds: [`${volume}:${INSIDE}:ro,nocopy`],
      NetworkMode: "none",
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "" },
    },
  });
}

/** @returns why it could not be done, undefined where it was */
async function count(container: Docker.Container): Promise<string | undefined> {
  try {
    await container.start();
  } catch (error) {
    return messageOf(error);
  }
  const exit: Promise<{ StatusCode: number }> = container.wait();
  const ended = exit.then(({ StatusCode: code }) => (code === 0 ? undefined : `exit code ${code}`));
  return atMost(ended, PATIENCE_MS, `it takes longer than ${PATIENCE_MS / 1000} s`);
}

async function isThere(docker: Docker, volume: string): Promise<boolean> {
  try {
    await docker.getVolume(volume).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

function unlessNoImage(error: Error): undefined {
  if (statusOf(error) !== 404) throw error;
}

/** Whether something would be lost with it. */
export function holdsSomething({ files, unknown }: VolumeContent): boolean {
  return files > 0 || unknown !== undefined;
}

/** `214.0 MB in 12 files, last written 3 min ago`. */
export function describeVolume(content: VolumeContent, now = new Date()): string {
  const { files, bytes, lastWritten, unknown } = content;
  if (unknown !== undefined) return `what it holds is not known: ${unknown}`;
  const written = lastWritten ? `, last written ${ago(lastWritten, now)}` : "";
  return `${bytesText(bytes)} in ${files} ${files === 1 ? "file" : "files"}${written}`;
}

function ago(then: Date, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - then.getTime()) / 60_000));
  if (minutes < 2) return "just now";
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}
