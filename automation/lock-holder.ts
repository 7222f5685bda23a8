import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that was killed takes a moment to end, longer where the machine is busy. */
const DYING_MS = 5_000;
const POLL_MS = 100;

/** Whether a process of this machine is gone, or ends within that time. */
export async function hasEnded(pid: number, timeoutMs = DYING_MS): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() >= until) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !isZombie(pid);
}

/** One that has ended and that nobody has asked about yet: its number is still taken (Linux, proc(5)). */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return /^ [ZX]/.test(stat.slice(stat.lastIndexOf(")") + 1));
  } catch {
    return false; // no Linux, or gone in this moment: the next look tells
  }
}
