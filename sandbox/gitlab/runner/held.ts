import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { identify, readLiveProcess } from "../../lib/process-file";

const POLL_MS = 200;

/** Does work while no other process on this machine holds the name. A holder that is gone counts for nothing. */
export async function held<T>(
  dir: string,
  name: string,
  wait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  for (let waits = 0; !take(dir, name); waits++) {
    if (waits === 0) wait();
    await pause(POLL_MS);
  }
  try {
    return await work();
  } finally {
    release(dir, name);
  }
}

/** @returns whether it is ours now */
export function take(dir: string, name: string): boolean {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = fileOf(dir, name);
  if (!readLiveProcess(file)) rmSync(file, { force: true });
  try {
    writeFileSync(file, JSON.stringify(identify(process.pid)), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

export function release(dir: string, name: string): void {
  rmSync(fileOf(dir, name), { force: true });
}

const fileOf = (dir: string, name: string) => join(dir, `${encodeURIComponent(name)}.lock`);
