import type { Socket } from "node:net";

/** Bytes of one read: for heads and manifests, and for layers, where fewer and larger reads cost less for each byte. */
const SMALL_READ = 64 * 1024;
const LARGE_READ = 256 * 1024;
/** Buffers that are read into in turn: a piece stays as it is until the second read after it. */
const BUFFERS = 3;

interface Waiting {
  resolve: (piece: Buffer | undefined) => void;
  reject: (error: Error) => void;
}

/**
 * Reads a socket piece by piece when asked to, so that a slow reader slows the sender down. A plain socket is read into
 * buffers of its own, and nothing is copied. TLS decrypts on after it was told to wait, some pieces more: those are kept
 * in order, each in memory of its own.
 */
export class SocketBytes {
  /** For the socket's constructor. */
  readonly onread = {
    buffer: () => this.nextBuffer(),
    callback: (size: number, buffer: Uint8Array) => this.arrived(buffer as Buffer, size),
  };
  private socket: Socket | undefined;
  private ring: Buffer[] = [];
  private turn = 0;
  private size = SMALL_READ;
  /** Read, and not wanted yet: of a plain socket one at most. */
  private pieces: Buffer[] = [];
  private ended = false;
  private failure: Error | undefined;
  private waiting: Waiting | undefined;

  /** @param onSurprise told of bytes, an end or a failure that nobody waits for. */
  constructor(private readonly onSurprise: () => void) {}

  /** @param isPlain its options had `onread` */
  attach(socket: Socket, isPlain: boolean): void {
    this.socket = socket;
    if (!isPlain) {
      socket.on("data", (piece) => {
        if (!this.take(piece)) socket.pause();
      });
    }
    socket.on("error", (error) => this.fail(error));
    socket.once("end", () => this.end());
    socket.once("close", () => this.end());
  }

  /** The next bytes; undefined at the end. @throws what broke the connection. */
  async read(): Promise<Buffer | undefined> {
    const { failure } = this;
    const piece = this.pieces.shift();
    if (piece !== undefined) return piece;
    if (failure !== undefined) throw failure;
    if (this.ended) return undefined;
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket?.resume();
    });
  }

  /** Puts back what was read beyond what was wanted. */
  unread(rest: Buffer): void {
    if (rest.length > 0) this.pieces.unshift(rest);
  }

  /** Is there something that was not asked for? */
  get isClean(): boolean {
    return this.pieces.length === 0 && !this.ended && this.failure === undefined;
  }

  /** Notices from now on that the other side closes. */
  watch(): void {
    this.socket?.resume();
  }

  /** Much is to come, until `giveAway`. */
  expectMuch(): void {
    this.ring = [];
    this.size = LARGE_READ;
  }

  /** Whoever has pieces keeps them for good. */
  giveAway(): void {
    this.ring = [];
    this.size = SMALL_READ;
  }

  /** Ends what is being read. */
  fail(error: Error): void {
    this.failure ??= error;
    const waiting = this.takeWaiting();
    if (waiting === undefined) this.onSurprise();
    else waiting.reject(this.failure);
  }

  private end(): void {
    this.ended = true;
    const waiting = this.takeWaiting();
    if (waiting === undefined) this.onSurprise();
    else waiting.resolve(undefined);
  }

  /** @returns false: no more is read until somebody wants it. */
  private arrived(buffer: Buffer, size: number): boolean {
    this.take(buffer.subarray(0, size));
    return false;
  }

  /** @returns whether somebody waited for it. */
  private take(piece: Buffer): boolean {
    const waiting = this.takeWaiting();
    if (waiting !== undefined) {
      waiting.resolve(piece);
      return true;
    }
    this.pieces.push(piece);
    this.onSurprise();
    return false;
  }

  private takeWaiting(): Waiting | undefined {
    const waiting = this.waiting;
    this.waiting = undefined;
    return waiting;
  }

  private nextBuffer(): Buffer {
    this.turn = (this.turn + 1) % BUFFERS;
    const known = this.ring[this.turn];
    if (known !== undefined) return known;
    const fresh = Buffer.allocUnsafeSlow(this.size);
    this.ring[this.turn] = fresh;
    return fresh;
  }
}
