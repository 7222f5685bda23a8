import { CommandError } from "./exit";

export interface StopSignals {
  /** Aborted at the first of them, with a CommandError (exit 1) as its reason. */
  readonly signal: AbortSignal;
  /** Leaves signals to Node again. */
  release(): void;
}

/** What a terminal's Ctrl-C and a job runner send. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Ends a long command in good order at the first signal; the second one ends the process at once, as ever. */
export function stopOnSignals(message: (name: string) => string): StopSignals {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    release();
    controller.abort(new CommandError(message(name)));
  };
  const release = () => {
    for (const name of SIGNALS) process.removeListener(name, stop);
  };
  for (const name of SIGNALS) process.on(name, stop);
  return { signal: controller.signal, release };
}
