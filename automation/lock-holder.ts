import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation";
import { CommandError, Exit } from "./exit";

/** A process that was killed takes a moment to end, longer where the machine is busy. */
const DYING_MS = 5_000;
const POLL_MS = 100;

export interface Locked<T> {
  readonly stack: string;
  /** What the lock was in the way of. @throws ConcurrentUpdateError as long as there is one */
  readonly operation: () => Promise<T>;
  /** Takes the lock away that the engine names so. */
  readonly release: (lock: string) => Promise<unknown>;
  readonly say: (line: string) => void;
  /** How long a living holder is waited for. */
  readonly patience?: number;
}

/**
 * Runs an operation that a lock was in the way of: at once where the lock's process was on this machine and is gone, and
 * where it ends in a moment.
 * @throws CommandError (exit 4) where the lock's holder may still be at work; what the operation throws
 */
export async function pastLock<T>(locked: ConcurrentUpdateError, wish: Locked<T>): Promise<T> {
  const { stack, operation, release, say, patience = DYING_MS } = wish;
  const until = Date.now() + patience;
  const released = new Set<string>();
  for (let error = locked; ; ) {
    const holder = holderOf(error);
    if (holder?.host !== hostname() || released.has(holder.lock)) throw lockedBy(stack, holder);
    const { lock, pid, since } = holder;
    // One that wasn't killed takes its lock away when it ends: only a lock that is still there is a dead one's.
    if (!isAlive(pid)) {
      say(`Releasing the lock of a run that was killed (process ${pid} of ${since}).`);
      released.add(lock);
      await release(lock);
    } else if (!(await hasEnded(pid, until - Date.now()))) throw lockedBy(stack, holder);
    try {
      return await operation();
    } catch (next) {
      if (!(next instanceof ConcurrentUpdateError)) throw next;
      error = next;
    }
  }
}

interface Holder {
  /** The lock's address in the state's backend. */
  readonly lock: string;
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  readonly since: string;
}

function holderOf({ message }: Error): Holder | undefined {
  const found = /^\s*(\S.*): created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/m.exec(message);
  const [, lock = "", user = "", host = "", pid, since = ""] = found ?? [];
  return found ? { lock, user, host, pid: Number(pid), since } : undefined;
}

function lockedBy(stack: string, holder: Holder | undefined): CommandError {
  const who = holder
    ? `${holder.user}@${holder.host} (process ${holder.pid}, since ${holder.since})`
    : "another run";
  return new CommandError(
    `The stack ${stack} is locked by ${who}. Wait for it; if it is gone for good: pulumi cancel --stack ${stack}`,
    Exit.locked,
  );
}

async function hasEnded(pid: number, timeoutMs: number): Promise<boolean> {
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
