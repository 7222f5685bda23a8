const LOOK_EVERY_MS = 1000;

/**
 * Calls back when the process that started this one is gone: the engine has plugins in process groups of their own, and
 * one that is killed can't end them.
 */
export function whenParentIsGone(then: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, LOOK_EVERY_MS);
  timer.unref();
}
