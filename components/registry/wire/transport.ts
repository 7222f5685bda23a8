import type { Socket } from "node:net";
import { openTunnel } from "../../http/open-tunnel";
import { ProxyFailure } from "../../http/proxy-failure";
import { type HttpProxy, InvalidProxy, proxyFor } from "../../http/proxy-for";
import { codeOf, errorOf, messageOf } from "../../values/error-facts";
import { Connection, ContentFailure, type Reply, type Request } from "./connection";
import { RegistryError } from "./errors";
import { connectionHint } from "./hints";

export interface Exchange extends Request {
  signal?: AbortSignal | undefined;
}

/** To one server. Enough for four blobs on the way in and out at once, with manifests beside them. */
const MOST_CONNECTIONS = 16;
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

/** Around a proxy, through one that takes requests, or along the tunnel that one has made. */
type Way = { proxy?: HttpProxy | undefined; tunnel?: Socket | undefined };

/** The connections to one server. */
interface Place {
  free: Connection[];
  all: Set<Connection>;
  /** Of a proxy, on their way to become connections. */
  tunnels: number;
  /** Who waits for one; told that there is one, or room for one. */
  queue: (() => void)[];
  session?: Buffer;
}

/**
 * Keep-alive connections, for as long as one copy takes; `close` lets the process end. Node's own client would do, at
 * twice the work for small copies (docs/decisions/0011-what-a-copy-costs.md).
 */
export class Transport {
  private readonly places = new Map<string, Place>();
  private readonly underway = new Map<AbortSignal, Set<Connection>>();
  private isClosed = false;

  /** @param ca PEM of authorities that it trusts besides those that Node trusts anyway */
  constructor(
    private readonly idleLimit = IDLE_LIMIT,
    private readonly ca?: string,
  ) {}

  /**
   * One request and its answer's head; the caller reads or destroys the body. A streamed body is left where it is when
   * the answer comes before its end, so that a refused upload is not sent to its end.
   * @throws RegistryError without status where no answer came; InvalidProxy; `signal`'s reason where it was aborted.
   */
  async exchange(exchange: Exchange): Promise<Reply> {
    const { signal } = exchange;
    const underway = signal && this.underwayFor(signal);
    try {
      const connection = await this.connection(exchange.url, signal);
      underway?.add(connection);
      const reply = await connection.exchange(exchange);
      if (reply.status === 407) this.refuseProxys(exchange, reply);
      return reply;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof ContentFailure) throw error.reason;
      throw error instanceof InvalidProxy ? error : connectionError(exchange, errorOf(error));
    }
  }

  close(): void {
    this.isClosed = true;
    for (const { all } of this.places.values()) for (const one of all) one.destroy();
  }

  /** @throws ProxyFailure where it is a proxy's answer and not the server's, whoever asked. */
  private refuseProxys({ url }: Exchange, { status, body }: Reply): void {
    const proxy = url.protocol === "http:" ? proxyFor(url) : undefined;
    if (proxy === undefined) return;
    body.discard();
    throw new ProxyFailure({ proxy, host: url.host, status });
  }

  /** One that is free, or a new one, when there is room for it. */
  private async connection(url: URL, signal: AbortSignal | undefined): Promise<Connection> {
    const place = this.placeOf(url);
    for (;;) {
      signal?.throwIfAborted();
      if (this.isClosed) throw new Error("the copy has ended");
      const free = place.free.pop();
      if (free !== undefined) return free;
      if (place.all.size + place.tunnels < MOST_CONNECTIONS) return this.open(url, place, signal);
      await new Promise<void>((resolve) => place.queue.push(resolve));
    }
  }

  private placeOf({ origin }: URL): Place {
    const place = this.places.get(origin) ?? { free: [], all: new Set(), tunnels: 0, queue: [] };
    this.places.set(origin, place);
    return place;
  }

  /** Directly, or by the way of the proxy that the environment names. */
  private async open(url: URL, place: Place, signal: AbortSignal | undefined): Promise<Connection> {
    const proxy = proxyFor(url);
    if (proxy === undefined || url.protocol === "http:") return this.connect(url, place, { proxy });
    place.tunnels++;
    try {
      const timeLimit = this.connectLimit;
      const tunnel = await openTunnel({ proxy, target: url, ca: this.ca, timeLimit, signal });
      if (!this.isClosed) return this.connect(url, place, { tunnel });
      tunnel.destroy();
      throw new Error("the copy has ended");
    } catch (error) {
      place.queue.shift()?.();
      throw error;
    } finally {
      place.tunnels--;
    }
  }

  private get connectLimit(): number {
    return Math.min(CONNECT_LIMIT, this.idleLimit);
  }

  private connect(url: URL, place: Place, way: Way): Connection {
    const connection: Connection = new Connection({
      ...way,
      url,
      idleLimit: this.idleLimit,
      connectLimit: this.connectLimit,
      session: place.session,
      ca: this.ca,
      onSession: (session) => {
        place.session = session;
      },
      onFree: () => {
        for (const connections of this.underway.values()) connections.delete(connection);
        place.free.push(connection);
        place.queue.shift()?.();
      },
      onClose: () => {
        place.all.delete(connection);
        place.free = place.free.filter((one) => one !== connection);
        for (const connections of this.underway.values()) connections.delete(connection);
        place.queue.shift()?.();
      },
    });
    place.all.add(connection);
    return connection;
  }

  /** The connections that work for a signal, which end when it is aborted: one listener for all of them. */
  private underwayFor(signal: AbortSignal): Set<Connection> {
    const known = this.underway.get(signal);
    if (known !== undefined) return known;
    const connections = new Set<Connection>();
    this.underway.set(signal, connections);
    const end = () => {
      for (const one of [...connections]) one.destroy(signal.reason);
      for (const { queue } of this.places.values()) for (const wake of queue.splice(0)) wake();
    };
    signal.addEventListener("abort", end, { once: true });
    return connections;
  }
}

/** The whole body, refused beyond `limit` bytes. */
export async function readAll(
  body: AsyncIterable<Buffer>,
  limit: number,
  request: { method: string; url: URL; signal?: AbortSignal | undefined },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > limit) break;
      // It is only lent.
      chunks.push(Buffer.from(chunk));
    }
  } catch (error) {
    throw request.signal?.aborted ? request.signal.reason : connectionError(request, errorOf(error));
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
  if (error instanceof ProxyFailure) {
    const { message: problem, nextStep: hint, temporary } = error;
    return new RegistryError({ ...request, problem, hint, temporary, cause: error });
  }
  const code = codeOf(error) ?? "";
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
    return [...new Set(error.errors.map(messageOf))].join("; ");
  // Node's word for an answer that ended before its end.
  return error.message === "aborted" ? "the connection broke off in the middle of the answer" : error.message;
}
