import { mkdirSync, rmSync } from "node:fs";
import { type Places, pidFile } from "./places";
import { identify, readLiveProcess, writeProcessFile } from "./process-file";
import { SandboxError } from "./sandbox-error";

/** One `up` or `down` at a time. A lock whose process is gone counts for nothing. */
export async function locked<T>(places: Places, work: () => Promise<T>): Promise<T> {
  mkdirSync(places.run, { recursive: true, mode: 0o700 });
  const file = pidFile(places, "lock");
  const other = readLiveProcess(file);
  if (other) throw new SandboxError(`another berth sandbox up or down is running (pid ${other.pid})`, 4);
  const own = identify(process.pid);
  if (own) writeProcessFile(file, own);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
