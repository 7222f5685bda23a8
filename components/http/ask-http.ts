import type { IncomingHttpHeaders } from "node:http";
import type { Agent, Dispatcher } from "undici";
import { NoAnswer } from "./no-answer";
import { openTunnel } from "./open-tunnel";
import { ProxyFailure } from "./proxy-failure";
import { type HttpProxy, proxyFor } from "./proxy-for";
import { trusting } from "./tls-trust";

export interface HttpAsk {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** PEM of authorities to trust besides those that Node trusts anyway. */
  readonly ca?: string | undefined;
  /** Milliseconds from when it goes out to the whole answer. */
  readonly timeLimit: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** To one server. Of hundreds of requests at once most would only wait inside it, with a connection each. */
const MOST_CONNECTIONS = 64;
/** Milliseconds until a connection stands: a host that drops packets says nothing at all. */
const CONNECT_LIMIT = 10_000;
/** Bytes; no list or object of an API is that long. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** Connections that are kept open between requests don't keep the process alive. */
const agents = new Map<string, Agent>();

/**
 * One request of an API, once, by way of the proxy that the environment names. It follows no redirect: the login would go along.
 * @throws NoAnswer; ProxyFailure; InvalidProxy
 */
export async function askHttp(ask: HttpAsk): Promise<HttpAnswer> {
  const { url, ca } = ask;
  const headers = { "user-agent": "berth", ...ask.headers };
  const proxy = proxyFor(url);
  if (proxy === undefined || url.protocol === "https:")
    return answered(agentFor(ca, true), ask, { origin: url.origin, path: pathOf(url), headers });
  const login = proxy.authorization !== undefined && { "proxy-authorization": proxy.authorization };
  const path = url.origin + pathOf(url);
  const sent = { origin: proxy.address.origin, path, headers: { ...headers, host: url.host, ...login } };
  const answer = await answered(agentFor(ca, false), ask, sent).catch((error) => {
    throw unreached(error, proxy, url);
  });
  if (answer.status !== 407) return answer;
  throw new ProxyFailure({ proxy, host: url.host, status: 407 });
}

const pathOf = ({ pathname, search }: URL) => pathname + search;

/** A request that did not even go out has not reached the proxy. */
function unreached(error: unknown, proxy: HttpProxy, { host }: URL): unknown {
  return error instanceof NoAnswer && !error.taken
    ? new ProxyFailure({ proxy, host, cause: error.cause })
    : error;
}

/** @param tunnels whether https goes through the environment's proxies; else connections go where they are told to */
function agentFor(ca: string | undefined, tunnels: boolean): Agent {
  const key = `${tunnels} ${ca ?? ""}`;
  const known = agents.get(key);
  if (known) return known;
  // Loaded where it is needed: most commands ask nobody.
  const { Agent, buildConnector }: typeof import("undici") = require("undici");
  const connect = buildConnector({ timeout: CONNECT_LIMIT, ...trusting(ca) });
  const agent = new Agent({
    connections: MOST_CONNECTIONS,
    // The whole answer has a limit.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, done) => {
      // A proxy's certificate is proved by its own name; undici would take that in the header Host, which is the target's.
      if (!tunnels) return connect({ ...options, servername: undefined }, done);
      const target = new URL(`${options.protocol}//${options.host ?? options.hostname}`);
      const proxy = target.protocol === "https:" ? proxyFor(target) : undefined;
      if (proxy === undefined) return connect(options, done);
      openTunnel({ proxy, target, ca, timeLimit: CONNECT_LIMIT }).then(
        (httpSocket) => connect({ ...options, httpSocket }, done),
        (error: Error) => done(error, null),
      );
    },
  });
  agents.set(key, agent);
  return agent;
}

type Sent = Pick<Dispatcher.DispatchOptions, "path" | "headers"> & { readonly origin: string };

function answered(agent: Agent, { method, body, timeLimit }: HttpAsk, sent: Sent): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let taken = false;
    let timer: NodeJS.Timeout | undefined;
    let head: Pick<HttpAnswer, "status" | "headers"> = { status: 0, headers: {} };
    const pieces: Buffer[] = [];
    let size = 0;
    agent.dispatch(
      { ...sent, method, body: body ?? null },
      {
        onRequestStart(controller) {
          taken = true;
          const late = new Error(`no answer within ${timeLimit / 1000} s`);
          timer = setTimeout(() => controller.abort(late), timeLimit);
        },
        onResponseStart(_controller, status, headers) {
          head = { status, headers };
        },
        onResponseData(controller, piece) {
          pieces.push(piece);
          size += piece.length;
          if (size > LARGEST_ANSWER)
            controller.abort(new Error(`the answer is larger than ${LARGEST_ANSWER} bytes`));
        },
        onResponseEnd() {
          clearTimeout(timer);
          const answer = { ...head, text: Buffer.concat(pieces).toString() };
          // Undici's connection counts as busy for one turn more: who asks again at once would get a second one.
          setImmediate(() => setImmediate(resolve, answer));
        },
        onResponseError(_controller, error) {
          clearTimeout(timer);
          reject(error instanceof ProxyFailure ? error : new NoAnswer(error, taken));
        },
      },
    );
  });
}
