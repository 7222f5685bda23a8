import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Who a process is: a pid alone may be somebody else's by now, pid and start time (in clock ticks since the boot
 * named by its id, see proc(5)) may not.
 */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
  bootId: string;
  /** Of what the process was started with; another one means it must be started again. */
  fingerprint?: string;
}

export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identity.bootId === bootId() && startTimeOf(identity.pid) === identity.startTime;
}

/** The process a pid file names, where it still is that process. */
export function readLiveProcess(file: string): ProcessIdentity | undefined {
  const identity = readProcessFile(file);
  return identity && isAlive(identity) ? identity : undefined;
}

export function writeProcessFile(file: string, identity: ProcessIdentity): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Asks the process to end, makes it end after the grace period, and removes the file. True where one ran. */
export async function endProcess(
  file: string,
  graceMs: number,
  target: "process" | "group" = "process",
): Promise<boolean> {
  const identity = readLiveProcess(file);
  if (identity) await endIdentity(identity, graceMs, target);
  rmSync(file, { force: true });
  return identity !== undefined;
}

export async function endIdentity(
  identity: ProcessIdentity,
  graceMs: number,
  target: "process" | "group" = "process",
): Promise<void> {
  send(identity, "SIGTERM", target);
  if (await isGoneWithin(identity, graceMs)) return;
  send(identity, "SIGKILL", target);
  await isGoneWithin(identity, 5_000);
}

function readProcessFile(file: string): ProcessIdentity | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
    return typeof value.pid === "number" && typeof value.startTime === "string" ? value : undefined;
  } catch {
    // Cut short by a kill or written by an older version: it names no process that can be trusted.
    return undefined;
  }
}

function send(identity: ProcessIdentity, signal: NodeJS.Signals, target: "process" | "group"): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(target === "group" ? -identity.pid : identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function isGoneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

/** Undefined for a process that is gone or a zombie (which holds nothing any more). */
function startTimeOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The command's name, in parentheses, may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
