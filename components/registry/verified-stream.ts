import { Transform, type TransformCallback } from "node:stream";
import { finishDigest, hasherFor } from "./digest";
import { RegistryError } from "./errors";
import type { Descriptor } from "./manifest";

/**
 * Passes a blob on, hashing it. The last piece is held back until digest and size are known to be right, so that
 * a receiver which counts bytes never has a whole wrong blob.
 */
export class VerifiedStream extends Transform {
  private readonly hash;
  private held: Buffer | undefined;
  private size = 0;

  constructor(
    private readonly blob: Descriptor,
    private readonly url: URL,
    private readonly onBytes: (count: number) => void,
  ) {
    super();
    this.hash = hasherFor(blob.digest);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.hash.update(chunk);
    this.size += chunk.length;
    if (this.size > this.blob.size) {
      done(this.wrong(`more than the ${this.blob.size} bytes of its descriptor`));
      return;
    }
    const previous = this.held;
    this.held = chunk;
    this.onBytes(chunk.length);
    done(null, previous);
  }

  override _flush(done: TransformCallback): void {
    const error = this.fault();
    if (error === undefined) done(null, this.held);
    else done(error);
  }

  private fault(): RegistryError | undefined {
    // A connection closed early looks like an end where no length was sent: another attempt may get it all.
    if (this.size < this.blob.size)
      return this.wrong(`${this.size} of ${this.blob.size} bytes, then the end`, true);
    const digest = finishDigest(this.hash, this.blob.digest);
    return digest === this.blob.digest ? undefined : this.wrong(`content with digest ${digest}`);
  }

  private wrong(got: string, temporary = false): RegistryError {
    const problem = `expected blob ${this.blob.digest}, got ${got}`;
    return new RegistryError({ method: "GET", url: this.url, problem, temporary });
  }
}
