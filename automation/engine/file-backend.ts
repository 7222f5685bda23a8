import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { messageOf } from "../../components/values/error-facts";
import { isRunning } from "../../components/values/running-process";
import { projectName, projectRoot, shortName } from "./project";

/** Milliseconds until a state is read again that another run is writing at this very moment. */
const PAUSES = [200, 1000];

/**
 * Reads from the engine's state, again where another run writes it, and once more where a killed run has left it unreadable. In a
 * folder (`file://`) the engine keeps `<file>.attrs` beside each file, with nothing in it but a type and a checksum; it is first
 * made, then filled (gocloud.dev/blob/fileblob). In between it is empty, and the engine says "EOF" of a state that is whole.
 */
export async function readable<T>(stack: string, read: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await read();
    } catch (error) {
      if (!isHalfWritten(error)) throw error;
      await sleep(pause);
    }
  }
  try {
    return await read();
  } catch (error) {
    const folder = isHalfWritten(error) ? await backendFolder() : undefined;
    if (folder === undefined || removeEmptyAttributes(folder, stack) === 0) throw error;
    return read();
  }
}

const isHalfWritten = (error: unknown) => /\bEOF\b/.test(messageOf(error));

/**
 * Without them the engine reads a file as it is. Those of this stack alone: others may share the folder.
 * @param folder of the backend
 * @param stack as it was asked for
 * @returns how many were empty
 */
export function removeEmptyAttributes(folder: string, stack: string): number {
  const root = join(folder, ".pulumi");
  const files = existsSync(root) ? readdirSync(root, { recursive: true, encoding: "utf8" }) : [];
  const [, project, name] = /^[^/]*\/([^/]+)\/([^/]+)$/.exec(stack) ?? ["", projectName(), shortName(stack)];
  const isIts = (file: string) =>
    [`/${project}/${name}.json`, `/${project}/${name}/`].some((part) => file.includes(part));
  const empty = files
    .filter((file) => file.endsWith(".attrs") && isIts(file))
    .map((file) => join(root, file))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.size === 0);
  for (const file of empty) rmSync(file, { force: true });
  return empty.length;
}

/** A file of a lock, as the engine writes it (pkg/backend/diy/lock.go). */
export interface Lock {
  readonly pid?: number;
  readonly username?: string;
  readonly hostname?: string;
  readonly timestamp?: string;
}

/** Who holds a stack's lock, in a backend that is a folder. */
export function locksOf(folder: string, stack: string): Lock[] {
  const locks = join(folder, ".pulumi", "locks");
  if (!existsSync(locks)) return [];
  const part = `/${projectName()}/${shortName(stack)}/`;
  const files = readdirSync(locks, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".json") && `/${file}`.includes(part))
    .map((file): Lock => JSON.parse(readFileSync(join(locks, file), "utf8")));
}

/** Whether a run changes a stack just now; some backends show their locks to nobody. */
export type UnderWay = "yes" | "no" | "unknown";

/** @param find the backend's folder */
export async function underWay(stack: string, find = backendFolder): Promise<UnderWay> {
  const folder = await find();
  if (folder === undefined) return "unknown";
  try {
    const isHeld = ({ hostname: host, pid = 0 }: Lock) => host !== hostname() || isRunning(pid);
    return locksOf(folder, stack).some(isHeld) ? "yes" : "no";
  } catch {
    return "unknown"; // a lock was just being written, or taken away
  }
}

/** The folder that the engine's states are in; undefined where they are elsewhere, or it can't tell. */
async function backendFolder(): Promise<string | undefined> {
  const asked = promisify(execFile)("pulumi", ["whoami", "--json"], { cwd: projectRoot() });
  const url = await asked.then(
    ({ stdout }) => String(JSON.parse(stdout).url),
    () => "", // the first error says what is wrong
  );
  return folderOf(url);
}

/** The folder of a backend's address (`file://~`, `file:///srv/states?…`); undefined for one that is elsewhere. */
export function folderOf(backend: string): string | undefined {
  const path = /^file:\/\/([^?]*)/.exec(backend)?.[1];
  return path?.replace(/^~(?=\/|$)/, homedir());
}
