import { setTimeout as sleep } from "node:timers/promises";

/** As long as the plugin waits for a network or a volume to be let go. */
const PATIENCE_MILLISECONDS = 30_000;
const PAUSE_MILLISECONDS = 250;

/** Tries again while the failure is of the passing kind, at most 30 seconds; then the failure is the answer. */
export async function eventually(
  call: () => Promise<unknown>,
  passing: (error: unknown) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const end = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (!passing(error) || Date.now() >= end) throw error;
      await sleep(PAUSE_MILLISECONDS, undefined, { signal });
    }
  }
}
