import { writeAtomicallyAsync } from "../backend/atomic-write";
import type { Snapshot } from "./snapshot";

/**
 * Writes the snapshot to the stack's file. Changes that come while a write is under way are written together
 * by the next one, so that a hundred quick steps don't wait for a hundred disk syncs.
 */
export class StateWriter {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  /** `.bak` is the state as the run found it, not the one that its last step but one left. */
  private backup = true;

  constructor(
    private readonly file: string,
    private readonly stack: string,
    private readonly snapshot: Snapshot,
    /** Waited for before secrets are encrypted. */
    private readonly key: () => Promise<void>,
  ) {}

  /** Resolves when everything up to this call is on the disk. */
  save(): Promise<void> {
    if (!this.running) {
      this.running = this.write().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.save();
      });
    return this.next;
  }

  private async write(): Promise<void> {
    // Steps that finish in the same turn of the event loop share this write.
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.key();
    const checkpoint = `{"stack":${JSON.stringify(this.stack)},"latest":${this.snapshot.text()}}`;
    await writeAtomicallyAsync(this.file, `{"version":3,"checkpoint":${checkpoint}}`, {
      backup: this.backup,
    });
    this.backup = false;
  }
}
