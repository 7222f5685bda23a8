import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What can be done to a call; `before` and `after`: whether the upstream has seen it. */
export const faults = [
  "drop before",
  "drop after",
  "delay",
  "truncate",
  "502 before",
  "502 after",
  "503",
  "429",
] as const;

export type Fault = (typeof faults)[number];

/** Faults behind which the upstream has done what it was asked, and the caller is not told. */
const LOST: readonly Fault[] = ["drop after", "502 after", "truncate"];

/** A call that the upstream has answered. */
export interface Reached {
  readonly method: string;
  readonly path: string;
  /** What was sent. */
  readonly body: string;
  /** The upstream's own answer, whatever the caller got. */
  readonly status: number;
  /** The caller was not told, or not all. */
  readonly lost: boolean;
}

interface FaultProxyOptions {
  /** Base address that calls are passed on to. */
  readonly upstream: string;
  /** Part of the calls that something is done to, 0 to 1. */
  readonly rate: number;
  /** The same seed does the same to the n-th call of a method and path, in whatever order they come. */
  readonly seed: number;
  /** @default all */
  readonly kinds?: readonly Fault[];
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const DELAY_MS = { least: 100, most: 800 };

/** A small HTTP proxy that does its worst to some of the calls. */
export class FaultProxy {
  /** How often it did what. */
  readonly done = Object.fromEntries(faults.map((fault) => [fault, 0])) as Record<Fault, number>;
  readonly reached: Reached[] = [];
  /** Calls that came in. */
  calls = 0;
  private readonly asked = new Map<string, number>();

  private constructor(
    private readonly options: Required<FaultProxyOptions>,
    private readonly server: Server,
  ) {}

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy({ kinds: faults, ...options }, server);
    server.on("request", (incoming, response) => {
      proxy.handle(incoming, response).catch(() => response.destroy()); // the caller left in the middle
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "", headers } = incoming;
    const body = await bytesOf(incoming);
    this.calls++;
    const random = this.randomOf(`${method} ${path}`);
    const fault = random() < this.options.rate ? this.pick(random()) : undefined;
    if (fault) this.done[fault]++;
    if (fault === "drop before") return void response.destroy();
    if (fault === "502 before") return refuse(response, 502);
    if (fault === "503") return refuse(response, 503);
    if (fault === "429") return refuse(response, 429, { "retry-after": "1" });
    if (fault === "delay") await sleep(DELAY_MS.least + random() * (DELAY_MS.most - DELAY_MS.least));
    const answer = await this.ask(method, path, headers, body).catch(() => undefined);
    // The upstream itself is away, as in its restart: the caller finds what it would without us.
    if (!answer) return void response.destroy();
    const lost = fault !== undefined && LOST.includes(fault);
    this.reached.push({ method, path, body: body.toString(), status: answer.status, lost });
    if (fault === "drop after") return void response.destroy();
    if (fault === "502 after") return refuse(response, 502);
    if (fault === "truncate") return truncate(response, answer);
    response.writeHead(answer.status, endToEnd(answer.headers)).end(answer.body);
  }

  private pick(random: number): Fault {
    const { kinds } = this.options;
    return kinds[Math.floor(random * kinds.length)]!;
  }

  /** Numbers from 0 to 1 for the next call of that name. */
  private randomOf(call: string): () => number {
    const count = (this.asked.get(call) ?? 0) + 1;
    this.asked.set(call, count);
    return generator(hash(`${this.options.seed} ${count} ${call}`));
  }

  private async ask(
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): Promise<Answer> {
    // A connection for each call: a kept one that has died meanwhile would be a fault that nobody counts.
    const outgoing = request(this.options.upstream + path, {
      method,
      headers: endToEnd(headers),
      agent: false,
    });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    return { status: incoming.statusCode!, headers: incoming.headers, body: await bytesOf(incoming) };
  }
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "text/html", ...headers }).end(`<title>${status}</title>`);
}

/** Ends the connection in the middle of the body; of the head where there is no body. */
function truncate(response: ServerResponse, { status, headers, body }: Answer): void {
  const socket = response.socket as Socket;
  if (body.length === 0) return void socket.end(`HTTP/1.1 ${status} Cut\r\nSer`);
  response.writeHead(status, { ...endToEnd(headers), "content-length": body.length });
  response.write(body.subarray(0, body.length / 2), () => socket.end());
}

/** Without the headers that are about one connection (RFC 9110, 7.6.1). */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _c, "keep-alive": _k, "transfer-encoding": _t, host: _h, ...rest } = headers;
  return rest;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

/** Mulberry32: small, and good enough to pick faults. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
