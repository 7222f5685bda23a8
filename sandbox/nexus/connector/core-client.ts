import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";

/** One whole answer of the real Nexus; its body is small (REST, probes), never a blob. */
export interface CoreAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface CoreRequest {
  method: string;
  path: string;
  headers?: OutgoingHttpHeaders;
  body?: Buffer | string;
}

/** REST answers are lists of a few hundred objects at most; more than this is not meant for us. */
const MAX_BODY = 64 * 1024 * 1024;

/** Jetty closes idle connections after 30 s: they are given up before that, so that no request meets a closed one. */
const IDLE_MS = 20_000;
/** The slowest REST call measured took 3 s. */
const ANSWER_MS = 60_000;

/** Speaks HTTP with the real Nexus on its inner loopback port. */
export class CoreClient {
  readonly agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: IDLE_MS });

  constructor(readonly port: number) {}

  /** Sends one request and reads the whole answer. Rejects only where no answer came. */
  ask(ask: CoreRequest): Promise<CoreAnswer> {
    return new Promise((resolve, reject) => {
      const body = ask.body === undefined ? undefined : Buffer.from(ask.body);
      const headers: OutgoingHttpHeaders = { ...ask.headers };
      if (body) headers["content-length"] = body.length;
      const outgoing = request({
        host: "127.0.0.1",
        port: this.port,
        agent: this.agent,
        method: ask.method,
        path: ask.path,
        headers,
        timeout: ANSWER_MS,
      });
      outgoing.on("response", (incoming) => {
        const parts: Buffer[] = [];
        let size = 0;
        incoming.on("data", (part: Buffer) => {
          size += part.length;
          if (size > MAX_BODY) incoming.destroy(new Error(`${ask.method} ${ask.path}: answer too large`));
          else parts.push(part);
        });
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(parts),
          }),
        );
      });
      outgoing.on("timeout", () =>
        outgoing.destroy(new Error(`${ask.method} ${ask.path}: no answer in 60 s`)),
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}
