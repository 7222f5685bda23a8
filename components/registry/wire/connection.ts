import net, { type Socket } from "node:net";
import { ProxyFailure } from "../../http/proxy-failure";
import type { HttpProxy } from "../../http/proxy-for";
import { trusting } from "../../http/tls-trust";
import { errorOf } from "../../values/error-facts";
import { AnswerBody } from "./answer-body";
import { formatHead, type Head, HttpProblem, LARGEST_HEAD, parseHead } from "./http-head";
import { SocketBytes } from "./socket-bytes";

/** What is sent: all at once, or as it comes, until it is destroyed because nobody wants the rest. */
export type Content = Buffer | (AsyncIterable<Buffer> & { destroy?: () => unknown });

/** What the source of a content threw, as opposed to what became of the connection. */
export class ContentFailure extends Error {
  constructor(readonly reason: unknown) {
    super("the content could not be read");
  }
}

export interface Request {
  method: string;
  url: URL;
  /** With a content-length for content of known size; other content is sent in chunks. */
  headers: Record<string, string>;
  body?: Content | undefined;
}

export interface Reply extends Omit<Head, "framing" | "keepAlive"> {
  body: AnswerBody;
}

export interface ConnectionArgs {
  url: URL;
  /** Takes requests for the address, where that is plain http. */
  proxy?: HttpProxy | undefined;
  /** Leads to the address through a proxy, for TLS. */
  tunnel?: Socket | undefined;
  /** Milliseconds. */
  idleLimit: number;
  connectLimit: number;
  /** PEM of authorities to trust besides those that Node trusts anyway. */
  ca?: string | undefined;
  /** A TLS session of an earlier connection to the same place, and where to keep this one's. */
  session?: Buffer | undefined;
  onSession: (session: Buffer) => void;
  /** It can take another request. */
  onFree: () => void;
  /** It is of no more use. */
  onClose: () => void;
}

/** Below, head and content go in one piece. */
const ONE_PIECE = 64 * 1024;

/** A connection to a server that speaks HTTP/1.1, with one request at a time. */
export class Connection {
  private readonly bytes = new SocketBytes(() => this.surprised());
  private readonly socket: Socket;
  private isBusy = false;
  private isClosed = false;
  private hasStood = false;
  private mayStay = false;

  constructor(private readonly args: ConnectionArgs) {
    const isPlain = this.peer.protocol === "http:";
    this.socket = isPlain ? this.connect() : this.connectSecurely();
    this.bytes.attach(this.socket, isPlain);
    this.socket.once("close", () => this.close());
    this.socket.on("timeout", () => this.destroy(silence(`no byte came for ${args.idleLimit / 1000} s`)));
    this.limitConnecting();
  }

  /**
   * Sends a request and reads the head of its answer; the caller reads or destroys the content. Sending ends when the
   * answer comes before its end.
   * @throws what broke the connection, or what the content's source threw.
   */
  async exchange(request: Request): Promise<Reply> {
    this.isBusy = true;
    this.mayStay = false;
    this.socket.setTimeout(this.args.idleLimit);
    const sending = { over: false, stopped: false };
    const stop = () => {
      sending.stopped = true;
      if (!sending.over && request.body !== undefined && "destroy" in request.body) request.body.destroy?.();
    };
    this.send(request, sending).then(
      () => {
        sending.over = true;
      },
      // It ends the reading below, and is what that throws.
      (error: Error) => this.destroy(error),
    );
    try {
      const { framing, keepAlive, ...head } = await this.readHead(request.method);
      this.mayStay = keepAlive && sending.over;
      stop();
      return {
        ...head,
        body: new AnswerBody(this.bytes, framing, (isComplete) => this.answered(isComplete)),
      };
    } catch (error) {
      stop();
      this.destroy(errorOf(error));
      throw this.explained(errorOf(error));
    }
  }

  destroy(error?: Error): void {
    if (error !== undefined) this.bytes.fail(error);
    this.socket.destroy();
    this.close();
  }

  /** What it is connected to. */
  private get peer(): URL {
    return this.args.proxy?.address ?? this.args.url;
  }

  private async send({ method, url, headers, body }: Request, sending: { stopped: boolean }): Promise<void> {
    const { proxy } = this.args;
    const isChunked = body !== undefined && !Buffer.isBuffer(body) && headers["content-length"] === undefined;
    const all = {
      ...headers,
      ...(isChunked && { "transfer-encoding": "chunked" }),
      ...(proxy?.authorization !== undefined && { "proxy-authorization": proxy.authorization }),
    };
    const head = Buffer.from(formatHead(method, url, all, proxy !== undefined), "latin1");
    if (body === undefined || Buffer.isBuffer(body)) return this.write(body ? [head, body] : [head]);
    let before: Buffer[] = [head];
    let size = 0;
    for await (const piece of readFrom(body)) {
      // The answer is there: nobody reads this any more.
      if (sending.stopped || this.isClosed) return;
      // An empty chunk would be the last one.
      if (piece.length === 0) continue;
      size += piece.length;
      if (isChunked) await this.write([...before, ...chunk(piece)]);
      else await this.write([...before, piece]);
      before = [];
    }
    if (isChunked) return this.write([...before, LAST_CHUNK]);
    if (size !== Number(headers["content-length"])) throw new Error("the content ended early");
    if (before.length > 0) await this.write(before);
  }

  /** Waits until it has left this process. */
  private write(pieces: Buffer[]): Promise<void> {
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    const few = pieces.length > 1 && size <= ONE_PIECE ? [Buffer.concat(pieces)] : pieces;
    return new Promise((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve());
      if (few.length > 1) this.socket.cork();
      for (const [i, piece] of few.entries())
        this.socket.write(piece, i === few.length - 1 ? done : undefined);
      if (few.length > 1) this.socket.uncork();
    });
  }

  private async readHead(method: string): Promise<Head> {
    for (;;) {
      const head = parseHead(await this.headText(), method);
      if (head.status === 101) throw new HttpProblem("the answer leaves HTTP, which was not asked for");
      // Interim answers (100 Continue, 103 Early Hints) say nothing that matters here.
      if (head.status >= 200) return head;
    }
  }

  private async headText(): Promise<string> {
    let known = NOTHING;
    for (;;) {
      const piece = await this.bytes.read();
      if (piece === undefined) throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
      const all = known.length === 0 ? piece : Buffer.concat([known, piece]);
      const end = all.indexOf("\r\n\r\n");
      if (end < 0 ? all.length > LARGEST_HEAD : end > LARGEST_HEAD)
        throw new HttpProblem("the answer's head is too large");
      // What can't be a head need not be waited for.
      if (!/^H?T?T?P?\/?/.exec(all.toString("latin1", 0, 5))?.[0].length)
        throw new HttpProblem("the answer is not HTTP/1.1");
      if (end >= 0) {
        this.bytes.unread(all.subarray(end + 4));
        return all.toString("latin1", 0, end);
      }
      known = Buffer.from(all);
    }
  }

  private answered(isComplete: boolean): void {
    if (!isComplete || !this.mayStay || !this.bytes.isClean) {
      this.destroy();
      return;
    }
    this.isBusy = false;
    this.socket.setTimeout(0);
    this.bytes.watch();
    this.args.onFree();
  }

  /** Before it stood, it was the proxy that was not reached. */
  private explained(error: Error): Error {
    const { proxy, url } = this.args;
    if (proxy === undefined || this.hasStood || error instanceof ContentFailure) return error;
    return new ProxyFailure({ proxy, host: url.host, cause: error });
  }

  /** Something came, or the other side closed, while nothing was asked. */
  private surprised(): void {
    if (!this.isBusy) this.destroy();
  }

  private close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.args.onClose();
  }

  private connect(): Socket {
    const { hostname, port } = this.peer;
    return net.connect({
      host: bare(hostname),
      port: Number(port || 80),
      noDelay: true,
      onread: this.bytes.onread,
    });
  }

  private connectSecurely(): Socket {
    // Loaded where it is needed: it is a third of what a short copy loads.
    const tls: typeof import("node:tls") = require("node:tls");
    const { tunnel, session, onSession, ca } = this.args;
    const { hostname, port } = this.peer;
    const host = bare(hostname);
    const name = net.isIP(host) === 0 ? { servername: host } : {};
    const place = { host, port: Number(port || 443), ...name, ALPNProtocols: ["http/1.1"] };
    const through = tunnel && { socket: tunnel };
    const options = { ...place, ...through, ...trusting(ca), ...(session && { session }) };
    const socket = tls.connect(options);
    socket.setNoDelay(true);
    socket.on("session", onSession);
    return socket;
  }

  private limitConnecting(): void {
    const { connectLimit } = this.args;
    const late = () => this.destroy(silence(`no connection came about in ${connectLimit / 1000} s`));
    const timer = setTimeout(late, connectLimit);
    const stands = this.peer.protocol === "https:" ? "secureConnect" : "connect";
    this.socket.once(stands, () => {
      this.hasStood = true;
      clearTimeout(timer);
    });
    this.socket.once("close", () => clearTimeout(timer));
  }
}

async function* readFrom(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  try {
    yield* content;
  } catch (error) {
    throw new ContentFailure(error);
  }
}

const NOTHING = Buffer.alloc(0);
const LINE_END = Buffer.from("\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

function chunk(piece: Buffer): Buffer[] {
  return [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, LINE_END];
}

/** Of an IPv6 address, what is in the brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function silence(message: string): Error {
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
