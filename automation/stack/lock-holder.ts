import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation";
import { isNumberReused, type RunNote, stateOfProcess } from "../engine/run-note";
import { CommandError, Exit } from "../terminal/exit";

/** A process that was killed takes a moment to end, longer where the machine is busy. */
const DYING_MS = 5_000;
const POLL_MS = 100;

/** Milliseconds from an engine's start until it has its lock, at most: a slow backend, a busy machine. */
const LOCKING_MS = 60_000;

/** Milliseconds by which a note may seem older than its lock: the lock's time is told in whole seconds. */
const ROUNDING_MS = 1_000;

export interface Locked<T> {
  readonly stack: string;
  /** What the lock was in the way of. @throws ConcurrentUpdateError as long as there is one */
  readonly operation: () => Promise<T>;
  /** Takes the lock away that the engine names so. */
  readonly release: (lock: string) => Promise<unknown>;
  /** What the run that took a lock last has said of itself; undefined where it has not. */
  readonly note: () => Promise<RunNote | undefined>;
  /** What this machine has noted of an engine when it was started here (run-file.ts). */
  readonly started: (pid: number) => RunNote | undefined;
  /** Whether GitLab says that its job has ended. */
  readonly jobHasEnded: (note: RunNote) => Promise<boolean>;
  readonly say: (line: string) => void;
  /** How long a living holder is waited for. */
  readonly patience?: number;
}

/**
 * Runs an operation that a lock was in the way of, where it is known that the lock's holder is gone: its process was in this
 * boot and pid namespace and isn't there any more, or GitLab says that its job has ended. A holder that ends in a moment is
 * waited for.
 * @throws CommandError (exit 4) where the lock's holder may still be at work; what the operation throws
 */
export async function pastLock<T>(locked: ConcurrentUpdateError, wish: Locked<T>): Promise<T> {
  const { stack, operation, release, say, patience = DYING_MS } = wish;
  const until = Date.now() + patience;
  const released = new Set<string>();
  for (let error = locked; ; ) {
    const holder = holderOf(error);
    if (holder === undefined || released.has(holder.lock)) throw lockedBy(stack, holder);
    const why = await whyGone(holder, wish, until);
    if (why === "ended") {
      // One that wasn't killed takes its lock away when it ends: only a lock that is still there is a dead one's.
    } else if (why === undefined) throw lockedBy(stack, holder);
    else {
      say(`Releasing the lock of a run that is gone (process ${holder.pid} of ${holder.since}): ${why}.`);
      released.add(holder.lock);
      await release(holder.lock);
    }
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

/** How it is known that the holder is gone; `ended`: it has just ended by itself; undefined: it may be at work. */
async function whyGone(
  holder: Holder,
  { note: read, started, jobHasEnded }: Pick<Locked<unknown>, "note" | "started" | "jobHasEnded">,
  until: number,
): Promise<string | undefined> {
  const note = notedOf(holder, await read(), started(holder.pid));
  if (note === undefined) return undefined;
  let state = stateOfProcess(note);
  if (state === "gone") return "its process has ended";
  if (await jobHasEnded(note)) return "GitLab says that its job has ended";
  while (state === "alive" && Date.now() < until) {
    await sleep(POLL_MS);
    state = stateOfProcess(note);
  }
  return state === "gone" ? "ended" : undefined;
}

/** What is noted of the holder, in the backend or, where it was killed before that, on this machine. */
function notedOf(
  holder: Holder,
  note: RunNote | undefined,
  started: RunNote | undefined,
): RunNote | undefined {
  if (note !== undefined && isOf(note, holder)) return note;
  if (started === undefined || !tookLock(started, holder)) return undefined;
  // By now the number may be that of another process, which took the lock after that run.
  return isNumberReused(started) ? undefined : started;
}

/** The engine takes its lock soon after it was started. */
function tookLock({ host, pid, since }: RunNote, holder: Holder): boolean {
  const after = new Date(holder.since).getTime() - new Date(since).getTime();
  return host === holder.host && pid === holder.pid && after >= -ROUNDING_MS && after <= LOCKING_MS;
}

/** A note of an earlier run says nothing of this lock, though the process may have the same number. */
function isOf({ host, pid, since }: RunNote, holder: Holder): boolean {
  const isLater = new Date(since).getTime() >= new Date(holder.since).getTime() - ROUNDING_MS;
  return host === holder.host && pid === holder.pid && isLater;
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
  const from = holder && holder.host !== hostname() ? ", on another machine or in another container," : "";
  return new CommandError(
    `The stack ${stack} is locked by ${who}${from} and it can't be known from here that this run is gone. Nothing was changed. ` +
      `Wait for it; if it is gone for good: pulumi cancel --stack ${stack}`,
    Exit.locked,
  );
}
