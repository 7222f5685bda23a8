import type { RetryPolicy } from "../../http/retry-policy";
import { isTemporary, pause } from "../../http/retrying";
import type { StreamAnswer } from "../call";
import type { RegistryClient } from "../client";
import type { Descriptor } from "../manifest";
import { registryPolicy } from "../session";
import type { AnswerBody } from "../wire/answer-body";
import { RegistryError } from "../wire/errors";
import { connectionError } from "../wire/transport";
import { BlobHash } from "./blob-hash";

export interface BlobReaderArgs {
  client: RegistryClient;
  repository: string;
  blob: Descriptor;
  signal?: AbortSignal | undefined;
  retryDelay?: number | undefined;
  /** Told the number of bytes that have been read from the front. */
  onPosition: (position: number) => void;
}

export interface ReadOptions {
  /** Exclusive. @default the blob's end */
  end?: number;
  /** On a failure end the stream where it is, and keep the failure: what was sent so far is worth having. */
  gently?: boolean;
}

/** Breaks in one blob: a connection that gives a byte at a time is not worth following for ever. */
const MOST_BREAKS = 50;

/** One reading of a blob. */
interface Reading {
  isOver: boolean;
  stream?: AnswerBody;
}

/**
 * Reads a blob, hashing it. A connection that breaks is taken up where it was; the last piece is held back until
 * digest and size are known to be right, so that a receiver which counts bytes never has a whole wrong blob.
 */
export class BlobReader {
  /** What ended a gentle stream early. */
  failure: unknown;
  private readonly hash: BlobHash;
  private opened: Promise<StreamAnswer> | undefined;
  private readonly policy: RetryPolicy;
  private breaks = 0;
  private current: Reading | undefined;

  constructor(private readonly args: BlobReaderArgs) {
    this.hash = new BlobHash(args.blob.digest);
    this.policy = registryPolicy(args);
  }

  /** Asks for the blob already, while something else is being asked for; the next `read` from 0 uses it. */
  open(): void {
    if (this.args.blob.size === 0) return;
    this.opened = this.ask(0);
    // It is told where it is used.
    this.opened.catch(() => undefined);
  }

  /** Lets go of what is being read, and of what `open` asked for and nobody read. */
  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    this.stop();
    const answer = await opened?.catch(() => undefined);
    answer?.stream.destroy();
  }

  /** Whoever still reads gets no more, and touches nothing: the hash is the next one's. */
  private stop(): void {
    if (this.current) this.current.isOver = true;
    this.current?.stream?.destroy();
    this.current = undefined;
  }

  /** Reads from the front again: nothing of it is anywhere. */
  restart(): void {
    this.hash.restart();
  }

  /** The bytes from `start` on; an earlier reading ends with it. */
  read(
    start: number,
    { end = this.args.blob.size, gently = false }: ReadOptions = {},
  ): AsyncGenerator<Buffer, void> {
    this.failure = undefined;
    this.stop();
    const reading: Reading = { isOver: false };
    this.current = reading;
    return gently ? this.gentle(reading, start, end) : this.verified(reading, start, end);
  }

  private async *gentle(reading: Reading, start: number, end: number): AsyncGenerator<Buffer, void> {
    try {
      yield* this.verified(reading, start, end);
    } catch (error) {
      if (error instanceof WrongContent) throw error;
      if (!reading.isOver) this.failure = error;
    }
  }

  private async *verified(reading: Reading, start: number, end: number): AsyncGenerator<Buffer, void> {
    if (reading.isOver) return;
    const { blob, onPosition } = this.args;
    const from = this.hash.goTo(start);
    let held: Buffer | undefined;
    for await (const chunk of this.resumed(reading, from, end)) {
      const news = start - this.hash.position;
      this.hash.update(chunk);
      onPosition(this.hash.position);
      if (this.hash.position > blob.size)
        throw this.wrong(`more than the ${blob.size} bytes of its descriptor`);
      if (news >= chunk.length) continue;
      if (held !== undefined) yield held;
      held = news > 0 ? chunk.subarray(news) : chunk;
    }
    if (reading.isOver) return;
    if (end === blob.size) this.check();
    if (held !== undefined) yield held;
  }

  private check(): void {
    const digest = this.hash.finish();
    // Without one, the beginning was sent by another process, and the registry's own check is what there is.
    if (digest !== undefined && digest !== this.args.blob.digest)
      throw this.wrong(`content with digest ${digest}`);
  }

  /** The bytes from `at` to `end`, over as many connections as it takes. */
  private async *resumed(reading: Reading, at: number, end: number): AsyncGenerator<Buffer, void> {
    const { blob } = this.args;
    const { attempts: most } = this.policy;
    let attempts = 1;
    while (at < end) {
      // Opening has attempts of its own.
      const answer = await this.answer(at);
      const { stream, url } = answer;
      reading.stream = stream;
      if (reading.isOver) return stream.destroy();
      let skip = answer.status === 416 ? 0 : at - this.startOf(answer, at);
      try {
        for await (const chunk of answer.status === 416 ? [] : stream) {
          const news = chunk.subarray(Math.min(skip, chunk.length), skip + chunk.length);
          skip -= chunk.length - news.length;
          if (news.length === 0) continue;
          if (reading.isOver) return;
          const piece = end < blob.size ? news.subarray(0, end - at) : news;
          at += piece.length;
          attempts = 1;
          yield piece;
          if (at >= end && end < blob.size) return;
        }
        // A connection closed early looks like an end where no length was sent: the rest may be had.
        if (at < end) throw this.wrong(`${at} of ${blob.size} bytes, then the end`, attempts < most);
      } catch (error) {
        const failure = this.asFailure(error, url);
        // Nobody reads any more: that is why it broke.
        if (reading.isOver) return;
        if (!isTemporary(failure, this.policy) || attempts >= most || this.breaks++ >= MOST_BREAKS)
          throw failure;
        await pause(failure, attempts++, this.policy, this.args.signal);
      } finally {
        stream.destroy();
      }
    }
  }

  private asFailure(error: unknown, url: URL): unknown {
    this.args.signal?.throwIfAborted();
    return error instanceof Error ? connectionError({ method: "GET", url }, error) : error;
  }

  private answer(at: number): Promise<StreamAnswer> {
    const { opened } = this;
    this.opened = undefined;
    return at === 0 && opened !== undefined ? opened : this.ask(at);
  }

  private ask(at: number): Promise<StreamAnswer> {
    const { client, repository, blob } = this.args;
    return client.getBlob(repository, blob.digest, at);
  }

  /** Where an answer begins: a registry may not know ranges, and give everything. */
  private startOf({ status, headers, stream }: StreamAnswer, asked: number): number {
    if (status !== 206) return 0;
    const start = /^bytes (\d+)-\d+\/(?:\d+|\*)$/.exec(headers["content-range"] ?? "")?.[1];
    if (start !== undefined && Number(start) <= asked) return Number(start);
    stream.destroy();
    throw this.wrong(
      `a part (${JSON.stringify(headers["content-range"] ?? "")}) where bytes from ${asked} on were asked for`,
    );
  }

  private wrong(got: string, temporary = false): RegistryError {
    const { client, repository, blob } = this.args;
    const url = client.blobUrl(repository, blob.digest);
    const problem = `expected blob ${blob.digest}, got ${got}`;
    return new (temporary ? RegistryError : WrongContent)({ method: "GET", url, problem, temporary });
  }
}

/** Not the blob that was asked for: nothing of it may be kept anywhere. */
export class WrongContent extends RegistryError {}
