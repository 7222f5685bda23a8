import { CommandError } from "./exit";

export interface StopSignals {
  /** Aborted at the first of them, with a CommandError (exit 1) as its reason. */
  readonly signal: AbortSignal;
  /** Leaves signals to Node again. */
  release(): void;
}

/**
 * What asks a run to end: a terminal's Ctrl-C, a job runner, and a terminal or connection that is lost. Of that the kernel tells a
 * process, and its shell tells it once more: SIGHUP after another signal is nobody's wish to end at once.
 */
export const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ends a long command in good order at the first signal; the second one ends the process at once, as ever. */
export function stopOnSignals(message: (name: string) => string): StopSignals {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return; // SIGHUP after another one
    release();
    process.on("SIGHUP", stop);
    controller.abort(new CommandError(message(name)));
  };
  const release = () => {
    for (const name of STOP_SIGNALS) process.removeListener(name, stop);
  };
  for (const name of STOP_SIGNALS) process.on(name, stop);
  return { signal: controller.signal, release };
}
