import { execFile } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "./project-root";

/**
 * Reads from the engine's state, once more where a killed run has left it unreadable. In a folder (`file://`) the engine
 * keeps `<file>.attrs` beside each file, with nothing in it but a type and a checksum; it is first made, then filled
 * (gocloud.dev/blob/fileblob). Killed in between, it is empty, and the engine says "EOF" of a state that is whole.
 */
export async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!/\bEOF\b/.test(String((error as Error).message))) throw error;
    const folder = await backendFolder();
    if (folder === undefined || removeEmptyAttributes(folder) === 0) throw error;
    return read();
  }
}

/** Without them the engine reads a file as it is. @param folder of the backend @returns how many were empty */
export function removeEmptyAttributes(folder: string): number {
  const root = join(folder, ".pulumi");
  const files = existsSync(root) ? readdirSync(root, { recursive: true, encoding: "utf8" }) : [];
  const empty = files.filter(
    (file) => file.endsWith(".attrs") && statSync(join(root, file), { throwIfNoEntry: false })?.size === 0,
  );
  for (const file of empty) rmSync(join(root, file), { force: true });
  return empty.length;
}

/** The folder that the engine's states are in; undefined where they are elsewhere, or it can't tell. */
async function backendFolder(): Promise<string | undefined> {
  const asked = promisify(execFile)("pulumi", ["whoami", "--json"], { cwd: projectRoot });
  const url = await asked.then(
    ({ stdout }) => String((JSON.parse(stdout) as { url?: unknown }).url),
    () => "", // the first error says what is wrong
  );
  const path = /^file:\/\/([^?]*)/.exec(url)?.[1];
  return path?.replace(/^~(?=\/|$)/, homedir());
}
