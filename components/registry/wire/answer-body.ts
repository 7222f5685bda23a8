import { type Framing, HttpProblem } from "./http-head";
import type { SocketBytes } from "./socket-bytes";

/** Bytes up to which pieces are copied, so that they can be kept as they are. */
const COPIED = 64 * 1024;
/** Bytes beyond which large reads are worth their memory. */
const MUCH = 1024 * 1024;
const LONGEST_LINE = 1024;

/**
 * The content of an answer, piece by piece. A piece is the reader's until it has asked for two more; those of the end
 * for good.
 */
export class AnswerBody {
  private state: "open" | "done" | "destroyed" = "open";
  private left: number;

  /** @param onEnd told once: whether the connection is at the end of the answer. */
  constructor(
    private readonly bytes: SocketBytes,
    private readonly framing: Framing,
    private readonly onEnd: (isComplete: boolean) => void,
  ) {
    this.left = framing.kind === "length" ? framing.length : 0;
    if (framing.kind === "none" || (framing.kind === "length" && framing.length === 0)) this.done();
    else if (this.left > MUCH) bytes.expectMuch();
  }

  /** The next piece; undefined at the end. @throws what broke the connection, also before the end. */
  async read(): Promise<Buffer | undefined> {
    if (this.state !== "open") return undefined;
    try {
      return this.framing.kind === "chunked" ? await this.chunk() : await this.plain();
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    try {
      for (let piece = await this.read(); piece !== undefined; piece = await this.read()) yield piece;
    } finally {
      this.destroy();
    }
  }

  /** Reads what is left of a short answer, so that its connection can be used again; a long one is cut off. */
  discard(): void {
    const drop = async () => {
      for (let dropped = 0; dropped <= COPIED; ) {
        const piece = await this.read();
        if (piece === undefined) return;
        dropped += piece.length;
      }
      this.destroy();
    };
    // Nobody wants it, whole or broken.
    drop().catch(() => this.destroy());
  }

  /** Wants no more: the connection ends, unless the answer has. */
  destroy(): void {
    if (this.state !== "open") return;
    this.state = "destroyed";
    this.onEnd(false);
  }

  private async plain(): Promise<Buffer | undefined> {
    const piece = await this.bytes.read();
    const isCounted = this.framing.kind === "length";
    if (piece === undefined) {
      if (isCounted) throw cutOff();
      this.state = "done";
      this.onEnd(false);
      return undefined;
    }
    if (!isCounted) return piece;
    const mine = piece.subarray(0, this.left);
    this.bytes.unread(piece.subarray(mine.length));
    this.left -= mine.length;
    const kept = this.isShort ? Buffer.from(mine) : mine;
    if (this.left === 0) this.done();
    return kept;
  }

  /** Of the chunked transfer coding (RFC 9112, 7.1). */
  private async chunk(): Promise<Buffer | undefined> {
    if (this.left === 0) {
      const line = await this.line();
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (size === undefined) throw new HttpProblem("the answer has a chunk without a size");
      this.left = Number.parseInt(size, 16);
      if (this.left === 0) return this.trailer();
    }
    const piece = await this.bytes.read();
    if (piece === undefined) throw cutOff();
    const mine = Buffer.from(piece.subarray(0, this.left));
    this.bytes.unread(piece.subarray(mine.length));
    this.left -= mine.length;
    if (this.left === 0 && (await this.line()) !== "")
      throw new HttpProblem("the answer has a chunk longer than its size");
    return mine;
  }

  private async trailer(): Promise<undefined> {
    let lines = 0;
    while ((await this.line()) !== "")
      if (++lines > 100) throw new HttpProblem("the answer has too many headers at its end");
    this.done();
  }

  private async line(): Promise<string> {
    let text = "";
    for (;;) {
      const piece = await this.bytes.read();
      if (piece === undefined) throw cutOff();
      const end = piece.indexOf(10);
      text += piece.toString("latin1", 0, end < 0 ? piece.length : end + 1);
      if (text.length > LONGEST_LINE) throw new HttpProblem("the answer has a line that does not end");
      if (end < 0) continue;
      this.bytes.unread(piece.subarray(end + 1));
      if (!text.endsWith("\r\n")) throw new HttpProblem("the answer has a line that ends wrongly");
      return text.slice(0, -2);
    }
  }

  private get isShort(): boolean {
    return this.framing.kind === "length" && this.framing.length <= COPIED;
  }

  private done(): void {
    this.state = "done";
    if (this.framing.kind === "length" && !this.isShort) this.bytes.giveAway();
    this.onEnd(true);
  }
}

/** As Node's own client says it. */
function cutOff(): Error {
  return Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}
