import type { EngineEvent } from "@pulumi/pulumi/automation";
import { CommandError, Exit } from "../terminal/exit";
import { STOP_SIGNALS } from "../terminal/stop-signals";
import { engineFailure } from "./engine-error";
import { killEngines } from "./engine-process";
import { type KnownNames, NO_NAMES } from "./resource-words";
import { RunningSteps } from "./running-steps";

/** What an operation of the engine is given, to be passed on to it. */
export interface EngineRun {
  readonly signal: AbortSignal;
  /** To be told of every event. */
  readonly onEvent: (event: EngineEvent) => void;
  /** What resources are told by. */
  readonly names?: KnownNames;
}

export interface Interruptible {
  readonly stack: string;
  /** Whether it changes the stack: a preview has nothing to save, and holds no lock. */
  readonly changes: boolean;
  readonly say: (line: string) => void;
  readonly names?: KnownNames | undefined;
}

/**
 * Milliseconds from SIGTERM, or SIGHUP, to the end, whatever is under way: whoever sends it kills after a while, Docker after 10 s by
 * default, and then nobody says anything any more.
 */
const TERM_GRACE_MS = 8_000;

/**
 * Runs an operation of the engine that people and job runners can stop. At the first signal the engine begins nothing new,
 * the steps that run end, the state is saved and the lock given back; at the second one, or some seconds after SIGTERM or SIGHUP, it
 * ends at once.
 * @throws CommandError (exit 130) that says what was done and what is left; what the operation throws
 */
export async function interruptible<T>(
  { stack, changes, say, names = NO_NAMES }: Interruptible,
  operation: (run: EngineRun) => Promise<T>,
): Promise<T> {
  const [stop, steps] = [new AbortController(), new RunningSteps(names)];
  let [signals, killed]: [NodeJS.Signals[], boolean] = [[], false];
  let grace: NodeJS.Timeout | undefined;
  const kill = () => {
    killed = true;
    killEngines();
  };
  const heard = (signal: NodeJS.Signals) => {
    if (signal === "SIGHUP" && signals.length > 0) return; // the same lost terminal, told twice
    signals = [...signals, signal];
    if (signals.length > 1) return kill();
    say(stoppingText(signal, changes));
    if (signal !== "SIGINT") grace = setTimeout(kill, TERM_GRACE_MS);
    stop.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, heard);
  try {
    return await operation({ signal: stop.signal, onEvent: steps.onEvent, names });
  } catch (error) {
    const [signal] = signals;
    if (signal === undefined) throw error;
    const done = changes ? [...steps.told(), nextText(stack, killed)] : ["Nothing was changed."];
    throw new CommandError([`Stopped by ${nameOf(signal)}.`, ...done].join("\n"), Exit.interrupted);
  } finally {
    clearTimeout(grace);
    for (const signal of STOP_SIGNALS) process.removeListener(signal, heard);
  }
}

/** The same for what only looks: a preview has nothing to save, and holds no lock. */
export function readOnly<T>(
  { name: stack, names }: { readonly name: string; readonly names?: KnownNames },
  report: { say(line: string): void },
  operation: (run: EngineRun) => Promise<T>,
): Promise<T> {
  const say = (line: string) => report.say(line);
  return interruptible({ stack, changes: false, say, names }, (run) =>
    operation(run).catch((error) => engineFailure(error, names)),
  );
}

function stoppingText(signal: NodeJS.Signals, changes: boolean): string {
  if (!changes) return "Stopping.";
  return signal === "SIGINT"
    ? "Stopping: nothing new is begun, what is under way ends first, the state is saved. Ctrl-C once more ends it at once."
    : `Stopping: nothing new is begun; what is under way has ${TERM_GRACE_MS / 1000} s to end.`;
}

function nextText(stack: string, killed: boolean): string {
  return killed
    ? `The state still has this run's lock; the next berth up ${stack} on this machine releases it, takes away what was half made, and goes on.`
    : `The state is saved and the lock released. To go on: berth up ${stack}`;
}

function nameOf(signal: NodeJS.Signals): string {
  if (signal === "SIGHUP") return "the end of its terminal or connection (SIGHUP)";
  return signal === "SIGINT" ? "Ctrl-C (SIGINT)" : signal;
}
