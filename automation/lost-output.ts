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
    then?.();
  };
  process.stdout.on("error", lost(unread));
  process.stderr.on("error", lost());
}
