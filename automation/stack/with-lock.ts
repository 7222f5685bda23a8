import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ConcurrentUpdateError, type EngineEvent } from "@pulumi/pulumi/automation";
import { engineFailure } from "../engine/engine-error";
import { runningEngines } from "../engine/engine-process";
import { type EngineRun, interruptible } from "../engine/interruptible";
import { startedHere } from "../engine/run-file";
import { jobHasEnded, RUN_TAG, type RunNote, readNote, runNote } from "../engine/run-note";
import type { Report } from "../terminal/report";
import { pastLock } from "./lock-holder";
import type { OpenStack } from "./open-stack";
import { needProviderToken } from "./provider-token";
import { sweepInterrupted } from "./sweep";

/**
 * Runs an operation that takes the stack's lock, and goes on from what a killed run left: its lock is released where it is
 * known that its holder is gone, and what it half made is swept. Any other lock is an error (exit 4). Stops in good order
 * when it is told to (exit 130).
 */
export async function withLock<T>(
  open: OpenStack,
  report: Report,
  operation: (run: EngineRun) => Promise<T>,
): Promise<T> {
  needProviderToken(open);
  const say = (line: string) => report.say(line);
  const stop = { stack: open.name, changes: true, say, names: open.names };
  return interruptible(stop, (run) => locked(open, report, { run, operation: noted(open, operation) }));
}

interface Wish<T> {
  readonly run: EngineRun;
  readonly operation: (run: EngineRun) => Promise<T>;
}

async function locked<T>(open: OpenStack, report: Report, { run, operation }: Wish<T>): Promise<T> {
  const say = (line: string) => report.say(line);
  const sweep = () => sweepInterrupted(open, report);
  const attempt = () => operation(run);
  const failed = (error: unknown) => engineFailure(error, open.names);
  let result: T;
  try {
    result = await attempt();
  } catch (error) {
    if (run.signal.aborted) throw error;
    if (error instanceof ConcurrentUpdateError) {
      const release = (lock: string) => releaseLock(open, lock).then(sweep);
      const own = process.env["CI_API_V4_URL"];
      const apis = [...(own ? [own] : []), `${open.file.settings().gitlab.url}/api/v4`];
      return pastLock(error, {
        stack: open.name,
        operation: attempt,
        release,
        say,
        note: () => noteOf(open),
        started: startedHere,
        jobHasEnded: (note) => jobHasEnded(note, apis),
      }).catch(failed);
    }
    // What is in the way, such as a container that holds a port, may be what the killed run began.
    const removed = await sweep().catch((problem: Error) => {
      say(`Could not look for what a killed run left: ${problem.message}`);
      return 0;
    });
    if (removed > 0) return attempt().catch(failed);
    return failed(error);
  }
  await sweep();
  return result;
}

/** The operation leaves a note about itself as soon as it has the lock, which the engine's first event says. */
function noted<T>({ stack, name }: OpenStack, operation: (run: EngineRun) => Promise<T>) {
  return async (run: EngineRun): Promise<T> => {
    let written: Promise<void> | undefined;
    const onEvent = (event: EngineEvent) => {
      written ??= writeNote(stack.workspace, name);
      run.onEvent(event);
    };
    return operation({ ...run, onEvent }).finally(() => written);
  };
}

type Tags = OpenStack["stack"]["workspace"];

/** Where the system tells too little, or the backend keeps no tags, there is none: then nobody releases the lock but by hand. */
async function writeNote(workspace: Tags, stack: string): Promise<void> {
  const pid = runningEngines().at(-1);
  const note = pid === undefined ? undefined : runNote(pid);
  if (note) await workspace.setTag(stack, RUN_TAG, JSON.stringify(note)).catch(() => undefined);
}

async function noteOf({ stack, name }: OpenStack): Promise<RunNote | undefined> {
  const tags = await stack.workspace.listTags(name).catch((): Record<string, string> => ({}));
  return readNote(tags[RUN_TAG]);
}

/** That lock alone, where it is a file: another run may have taken its own by now, and `pulumi cancel` takes all. */
export async function releaseLock({ stack }: Pick<OpenStack, "stack">, lock: string): Promise<void> {
  const file = /^file:\/\/(\/[^?]*\/\.pulumi\/locks\/[^?]*\.json)(\?.*)?$/.exec(lock)?.[1];
  if (file === undefined || !existsSync(dirname(file))) return stack.cancel();
  for (const one of [file, `${file}.attrs`]) await rm(one, { force: true });
}
