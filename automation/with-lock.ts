import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation";
import { needProviderToken } from "./ci/provider-token";
import { pastLock } from "./lock-holder";
import { engineFailure, type OpenStack } from "./open-stack";
import type { Report } from "./report";
import { findInterrupted, sweepInterrupted } from "./sweep";

/**
 * Runs an operation that takes the stack's lock, and goes on from what a killed run left: its lock is released
 * where its process was on this machine and is gone, and what it half made is swept. A lock whose process is alive
 * or elsewhere is an error (exit 4).
 */
export async function withLock<T>(open: OpenStack, report: Report, operation: () => Promise<T>): Promise<T> {
  await needProviderToken(open).catch(engineFailure);
  const interrupted = await findInterrupted(open.name).catch(engineFailure);
  const sweep = () => sweepInterrupted(open, interrupted, report);
  let result: T;
  try {
    result = await operation();
  } catch (error) {
    if (error instanceof ConcurrentUpdateError) {
      const release = (lock: string) => releaseLock(open, lock).then(sweep);
      const say = (line: string) => report.say(line);
      return pastLock(error, { stack: open.name, operation, release, say }).catch(engineFailure);
    }
    // What is in the way, such as a container that holds a port, may be what the killed run began.
    const removed = await sweep().catch((problem: Error) => {
      report.say(`Could not look for what a killed run left: ${problem.message}`);
      return 0;
    });
    if (removed > 0) return operation().catch(engineFailure);
    return engineFailure(error);
  }
  await sweep();
  return result;
}

/** That lock alone, where it is a file: another run may have taken its own by now, and `pulumi cancel` takes all. */
export async function releaseLock({ stack }: Pick<OpenStack, "stack">, lock: string): Promise<void> {
  const file = /^file:\/\/(\/[^?]*\/\.pulumi\/locks\/[^?]*\.json)(\?.*)?$/.exec(lock)?.[1];
  if (file === undefined || !existsSync(dirname(file))) return stack.cancel();
  for (const one of [file, `${file}.attrs`]) await rm(one, { force: true });
}
