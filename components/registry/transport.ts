import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import { trusting } from "../tls-trust";
import { RegistryError } from "./errors";
import { connectionHint } from "./hints";

export interface Exchange {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: Buffer | Readable | undefined;
  signal?: AbortSignal | undefined;
}

// Enough for four blobs on the way in and out at once, with manifests beside them.
const MOST_SOCKETS = 16;
/** Milliseconds without a byte in either direction; a registry may hash a large layer before it answers. */
const IDLE_LIMIT = 180_000;
/** Milliseconds until a connection stands: a host that drops packets says nothing at all. */
const CONNECT_LIMIT = 30_000;
const TEMPORARY = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
]);

/** Keep-alive connections, for as long as one copy takes; `close` lets the process end. */
export class Transport {
  private readonly plain = new http.Agent({ keepAlive: true, maxSockets: MOST_SOCKETS });
  private readonly secure: https.Agent;

  /** @param ca PEM of authorities that it trusts besides those that Node trusts anyway */
  constructor(
    private readonly idleLimit = IDLE_LIMIT,
    ca?: string,
  ) {
    this.secure = new https.Agent({ keepAlive: true, maxSockets: MOST_SOCKETS, ...trusting(ca) });
  }

  /**
   * One request and its answer's head; the caller reads or destroys the body. A streamed body is destroyed when
   * the answer comes before its end, so that a refused upload is not sent to its end.
   * @throws RegistryError without status where no answer came; `signal`'s reason where it was aborted.
   */
  exchange(exchange: Exchange): Promise<IncomingMessage> {
    const { body, signal } = exchange;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const request = this.request(exchange);
      const source = body === undefined || Buffer.isBuffer(body) ? undefined : body;
      // An error of the source is the cause of what the request then says, so it comes first.
      source?.once("error", (error) => {
        reject(error);
        request.destroy();
      });
      limitSilence(request, this.idleLimit);
      request.once("response", (response) => {
        source?.destroy();
        // Node keeps such a half-sent request, and its socket, for ever.
        response.once("close", () => request.writableEnded || request.destroy());
        resolve(response);
      });
      request.on("error", (error) => {
        source?.destroy();
        reject(signal?.aborted ? signal.reason : connectionError(exchange, error));
      });
      if (source === undefined) request.end(body);
      else source.pipe(request);
    });
  }

  close(): void {
    this.plain.destroy();
    this.secure.destroy();
  }

  private request({ method, url, headers, signal }: Exchange): ClientRequest {
    const secure = url.protocol === "https:";
    const agent = secure ? this.secure : this.plain;
    const bare = new URL(url);
    // Node would make a login of them, and an address from a server is not where logins come from.
    bare.username = "";
    bare.password = "";
    return (secure ? https : http).request(bare, { method, headers, agent, ...(signal && { signal }) });
  }
}

/** Ends a request whose connection does not come to stand, or on which nothing moves: also in an answer's middle. */
function limitSilence(request: ClientRequest, idleLimit: number): void {
  let response: IncomingMessage | undefined;
  request.once("response", (one) => {
    response = one;
  });
  // Node would tell the reader of a body that its connection was reset.
  const end = (error: Error) => (response ?? request).destroy(error);
  request.setTimeout(idleLimit, () => end(silence(`no byte came for ${idleLimit / 1000} s`)));
  request.once("socket", (socket) => {
    if (!socket.connecting) return;
    const limit = Math.min(CONNECT_LIMIT, idleLimit);
    const timer = setTimeout(() => end(silence(`no connection came about in ${limit / 1000} s`)), limit);
    socket.once("connect", () => clearTimeout(timer));
    socket.once("close", () => clearTimeout(timer));
  });
}

function silence(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}

/** The whole body, refused beyond `limit` bytes. */
export async function readAll(
  response: IncomingMessage,
  limit: number,
  request: { method: string; url: URL; signal?: AbortSignal | undefined },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw request.signal?.aborted ? request.signal.reason : connectionError(request, error as Error);
  }
  if (size > limit)
    throw new RegistryError({
      ...request,
      problem: `the answer is larger than ${limit} bytes, which is refused`,
    });
  return Buffer.concat(chunks);
}

/** A connection that failed or broke, as a RegistryError that knows whether another attempt is worth it. */
export function connectionError(request: { method: string; url: URL }, error: Error): RegistryError {
  if (error instanceof RegistryError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const said = wordsOf(error);
  const problem = code === "" || said.includes(code) ? said : `${said} (${code})`.trim();
  return new RegistryError({
    ...request,
    problem: problem === "" ? "the connection failed" : problem,
    hint: connectionHint(error, request.url.host),
    temporary: TEMPORARY.has(code) || error.message === "aborted",
    cause: error,
  });
}

/** A name with several addresses fails at each of them, and Node's own message is then empty. */
function wordsOf(error: Error): string {
  if (error.message === "" && error instanceof AggregateError)
    return [...new Set(error.errors.map((one) => (one as Error).message))].join("; ");
  // Node's word for an answer that ended before its end.
  return error.message === "aborted" ? "the connection broke off in the middle of the answer" : error.message;
}
