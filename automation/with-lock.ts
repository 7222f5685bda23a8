import { hostname } from "node:os";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation";
import { CommandError, Exit } from "./exit";
import { hasEnded } from "./lock-holder";
import { engineFailure, type OpenStack } from "./open-stack";
import type { Report } from "./report";
import { findInterrupted, sweepInterrupted } from "./sweep";

/**
 * Runs an operation that takes the stack's lock, and goes on from what a killed run left: its lock is released
 * where its process was on this machine and is gone, and what it half made is swept. A lock whose process is alive
 * or elsewhere is an error (exit 4).
 */
export async function withLock<T>(open: OpenStack, report: Report, operation: () => Promise<T>): Promise<T> {
  const interrupted = await findInterrupted(open.name).catch(engineFailure);
  const sweep = () => sweepInterrupted(open, interrupted, report);
  const again = async () => operation().catch(engineFailure);
  let result: T;
  try {
    result = await operation();
  } catch (error) {
    if (error instanceof ConcurrentUpdateError) {
      await releaseDeadLock(open, report, error);
      await sweep();
      return again();
    }
    // What is in the way, such as a container that holds a port, may be what the killed run began.
    const removed = await sweep().catch((problem: Error) => {
      report.say(`Could not look for what a killed run left: ${problem.message}`);
      return 0;
    });
    if (removed > 0) return again();
    return engineFailure(error);
  }
  await sweep();
  return result;
}

/** @throws CommandError (exit 4) where the lock's holder may still be at work */
async function releaseDeadLock({ stack, name }: OpenStack, report: Report, error: Error): Promise<void> {
  const holder = /created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/.exec(error.message);
  const [, user, host, pid, since] = holder ?? [];
  if (host !== hostname() || !(await hasEnded(Number(pid)))) {
    const who = holder ? `${user}@${host} (process ${pid}, since ${since})` : "another run";
    throw new CommandError(
      `The stack ${name} is locked by ${who}. Wait for it; if it is gone for good: pulumi cancel --stack ${name}`,
      Exit.locked,
    );
  }
  report.say(`Releasing the lock of a run that was killed (process ${pid} of ${since}).`);
  await stack.cancel();
}
