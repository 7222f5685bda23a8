import type { Interrupts } from "../engine/operation";
import { EXIT } from "../errors";

/**
 * The first interrupt ends the run in good order: running steps finish and the state is saved. The second ends
 * the process at once; what was going on is then a pending operation of the state.
 */
export function interruptsOfProcess(): Interrupts & { close(): void } {
  let stop: (() => void) | undefined;
  let count = 0;
  const handle = () => {
    count++;
    if (count > 1) {
      console.error(
        "terminated: steps that were running may be unfinished; the lock stays until `pulumi cancel`",
      );
      process.exit(EXIT.cancelled);
    }
    console.error(
      "^C received; cancelling. If you would like to terminate immediately, press ^C again.\nNote that terminating immediately may lead to orphaned resources and other inconsistencies.",
    );
    stop?.();
  };
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  return {
    onInterrupt: (callback) => {
      stop = callback;
      if (count > 0) callback();
    },
    close: () => {
      process.off("SIGINT", handle);
      process.off("SIGTERM", handle);
    },
  };
}
