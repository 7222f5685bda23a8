import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ProxyCache } from "./proxy-cache";
import { blobHeaders, sendFile } from "./send";

/** Fetches one blob from the remote. */
export type FetchBlob = (method: "GET" | "HEAD") => Promise<Response>;

/** Serves a proxy's blobs from the cache, and fills it while streaming; one download per blob at a time. */
export class BlobDownloads {
  private readonly running = new Map<string, Promise<void>>();

  constructor(
    private readonly cache: ProxyCache,
    private readonly log: (line: string) => void,
  ) {}

  /** "sent", or the remote's status with nothing sent. Rejects where the remote could not be reached. */
  async send(
    digest: string,
    request: IncomingMessage,
    response: ServerResponse,
    fetchBlob: FetchBlob,
  ): Promise<"sent" | number> {
    await this.running.get(digest)?.catch(() => undefined);
    const file = this.cache.blob(digest);
    if (file) {
      await sendFile(request, response, digest, file);
      return "sent";
    }
    if (request.method === "HEAD") return this.head(digest, response, fetchBlob);
    // A range can only be cut out of the whole, verified blob.
    return request.headers.range
      ? this.wholeFirst(digest, request, response, fetchBlob)
      : this.streaming(digest, response, fetchBlob);
  }

  private async head(
    digest: string,
    response: ServerResponse,
    fetchBlob: FetchBlob,
  ): Promise<"sent" | number> {
    const answer = await fetchBlob("HEAD");
    if (!answer.ok) return answer.status;
    response.writeHead(200, blobHeaders(digest, Number(answer.headers.get("content-length") ?? 0))).end();
    return "sent";
  }

  private async wholeFirst(
    digest: string,
    request: IncomingMessage,
    response: ServerResponse,
    fetchBlob: FetchBlob,
  ): Promise<"sent" | number> {
    const answer = await fetchBlob("GET");
    if (!answer.ok) return this.refused(answer);
    await this.download(digest, answer);
    await sendFile(request, response, digest, this.cache.blob(digest)!);
    return "sent";
  }

  private async streaming(
    digest: string,
    response: ServerResponse,
    fetchBlob: FetchBlob,
  ): Promise<"sent" | number> {
    const answer = await fetchBlob("GET");
    if (!answer.ok) return this.refused(answer);
    const length = Number(answer.headers.get("content-length") ?? Number.NaN);
    const { "Content-Length": _unknown, ...headers } = blobHeaders(digest, 0);
    response.writeHead(200, Number.isNaN(length) ? headers : { ...headers, "Content-Length": length });
    try {
      await this.download(digest, answer, response);
      response.end();
    } catch (error) {
      // The status is out already: only a broken connection tells the client that the blob is not whole.
      this.log(`blob ${digest}: ${(error as Error).message}`);
      response.destroy();
    }
    return "sent";
  }

  private async refused(answer: Response): Promise<number> {
    await answer.body?.cancel();
    return answer.status;
  }

  private download(digest: string, answer: Response, copy?: ServerResponse): Promise<void> {
    const done = this.save(digest, answer, copy).finally(() => this.running.delete(digest));
    if (!this.running.has(digest)) this.running.set(digest, done);
    return done;
  }

  private async save(digest: string, answer: Response, copy?: ServerResponse): Promise<void> {
    const incoming = this.cache.incoming(digest);
    const [algorithm, expected] = digest.split(":") as [string, string];
    const hash = createHash(algorithm);
    try {
      for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
        hash.update(part);
        if (!incoming.stream.write(part)) await once(incoming.stream, "drain");
        if (copy && !copy.destroyed && !copy.write(part))
          await Promise.race([once(copy, "drain"), once(copy, "close")]);
      }
      incoming.stream.end();
      await once(incoming.stream, "finish");
      const found = hash.digest("hex");
      if (found !== expected) throw new Error(`the remote sent ${algorithm}:${found} instead`);
      incoming.keep();
    } catch (error) {
      incoming.stream.destroy();
      incoming.drop();
      throw error;
    }
  }
}
