/** What a write comes back with where nobody reads any more: a pipe's end that was closed, a terminal that is gone. */
const LOST = ["EPIPE", "EIO", "ERR_STREAM_DESTROYED"];

/**
 * Keeps a run alive whose output nobody reads any more: Node would end it at the next line that it writes, in the middle of
 * whatever it does, and the engine would go on alone. Any other error of a write, such as a full disk, ends it as ever.
 * @param unread is called where it is standard output that nobody reads
 */
export function outliveReaders(unread?: () => void): void {
  const lost = (then?: () => void) => (error: NodeJS.ErrnoException) => {
    if (!LOST.includes(error.code ?? "")) throw error;
    if (error.code === "EIO") endQuietly();
    then?.();
  };
  process.stdout.on("error", lost(unread));
  process.stderr.on("error", lost());
}

let isEnding = false;

/**
 * At its end Node gives a terminal its settings back, and takes it for a defect of its own where the terminal is gone: it aborts,
 * and leaves its memory in a core file, secrets and all. The signal of a lost terminal ends it before that.
 */
function endQuietly(): void {
  if (isEnding) return;
  isEnding = true;
  process.once("exit", () => {
    process.removeAllListeners("SIGHUP");
    process.kill(process.pid, "SIGHUP");
  });
}
