import type { Hash } from "node:crypto";
import { finishDigest, hasherFor } from "../digest";

// A state is a few hundred bytes, and going back means reading up to this many again.
const BYTES_PER_STATE = 8 * 1024 * 1024;

/**
 * The hash of a blob that is read front to back, but may have to go back: to where a registry says that an upload
 * stands. States on the way are kept, so that what is read again is hashed again, too.
 */
export class BlobHash {
  /** Bytes so far. */
  position = 0;
  private states: { at: number; hash: Hash }[] = [];
  private hash: Hash | undefined;

  constructor(private readonly digest: string) {
    this.hash = hasherFor(digest);
    this.states = [{ at: 0, hash: this.hash.copy() }];
  }

  update(chunk: Buffer): void {
    this.hash?.update(chunk);
    this.position += chunk.length;
    const last = this.states.at(-1)?.at ?? 0;
    if (this.hash !== undefined && this.position - last >= BYTES_PER_STATE)
      this.states.push({ at: this.position, hash: this.hash.copy() });
  }

  /**
   * Goes back to `offset`, or to the last known state before it. Past what was ever read (an upload that another
   * process began) nothing is known, and `finish` won't tell a digest.
   * @returns where to read from.
   */
  goTo(offset: number): number {
    if (offset > this.position) {
      this.position = offset;
      this.hash = undefined;
      this.states = [];
      return offset;
    }
    if (offset === this.position) return offset;
    this.states = this.states.filter(({ at }) => at <= offset);
    const state = this.states.at(-1);
    this.hash = state?.hash.copy();
    this.position = state?.at ?? offset;
    return this.position;
  }

  /** Forgets that anything was read. */
  restart(): void {
    this.hash = hasherFor(this.digest);
    this.states = [{ at: 0, hash: this.hash.copy() }];
    this.position = 0;
  }

  /** The digest of all that was read; undefined where not all of it went through here. May be asked again. */
  finish(): string | undefined {
    return this.hash && finishDigest(this.hash.copy(), this.digest);
  }
}
