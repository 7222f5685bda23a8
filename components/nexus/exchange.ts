import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { tlsFailure, trusting } from "../tls-trust";
import { loginHeader } from "./secrets";
import type { NexusServer } from "./transport";

/** An answer, whatever its status. */
export interface Exchanged {
  readonly status: number;
  /** Parsed JSON, the text where it isn't JSON, undefined where empty. */
  readonly body: unknown;
  /** The header `Server`; Nexus calls itself `Nexus/3.71.0-06 (OSS)`. */
  readonly server: string | undefined;
  /** A web page, which Nexus's REST API never sends. */
  readonly page: boolean;
  /** Milliseconds that the header `Retry-After` asks to wait. */
  readonly retryAfter: number;
  /** Where a redirect points. */
  readonly location: string | undefined;
  /** Values of `Set-Cookie`. */
  readonly cookies: readonly string[];
}

/** No answer, or not all of it. */
export interface Silence {
  readonly reason: string;
  /** The call went out: it may have been carried out. */
  readonly taken: boolean;
  /** Trying again gives the same: a certificate that isn't trusted, something that doesn't speak HTTP. */
  readonly hopeless: boolean;
}

/** Of hundreds of objects at once most would only wait inside Nexus, with a connection each. */
const options = { keepAlive: true, maxSockets: 64 };
const plainAgent = new HttpAgent(options);
/** By the authority that they trust besides. */
const tlsAgents = new Map<string, HttpsAgent>();

const REASONS: { readonly [code: string]: string } = {
  ECONNREFUSED: "nothing listens there (ECONNREFUSED)",
  ECONNRESET: "the connection broke off (ECONNRESET)",
  ENOTFOUND: "there is no host of that name (ENOTFOUND)",
  EAI_AGAIN: "the host's name could not be looked up (EAI_AGAIN)",
  EHOSTUNREACH: "there is no way to the host (EHOSTUNREACH)",
  HPE_INVALID_CONSTANT: "it does not speak HTTP (HPE_INVALID_CONSTANT): is the port right, or is it https?",
};
const HOPELESS = /^(ERR_TLS_|ERR_SSL_|ERR_INVALID_|ERR_UNESCAPED_|HPE_INVALID_CONSTANT$)/;

/**
 * One HTTP call, once, on a connection that is kept open for the next. Node's own client and not fetch: only so is
 * it known whether the call went out before the connection broke, and fetch of Node 20 can hang on a published port
 * behind which nothing listens yet.
 * @param timeout milliseconds from the call's turn to its whole answer
 * @param textType content type where `body` is a string; anything else is sent as JSON
 * @param more headers beside those of the call itself
 */
export async function exchange(
  server: NexusServer,
  method: string,
  path: string,
  body: unknown,
  timeout: number,
  textType = "text/plain",
  more: { readonly [header: string]: string } = {},
): Promise<Exchanged | Silence> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? textType : "application/json";
  const headers = {
    accept: "application/json, text/plain;q=0.5",
    ...loginHeader(server),
    ...more,
    ...(text !== undefined && { "content-type": type, "content-length": Buffer.byteLength(text) }),
  };
  const progress = { taken: false, late: false };
  try {
    const address = new URL(server.url + path);
    const response = await send({ address, ca: server.ca }, method, headers, text, timeout, progress);
    return exchanged(response.head, response.text);
  } catch (error) {
    return silence(error as NodeJS.ErrnoException, progress, timeout);
  }
}

interface Progress {
  taken: boolean;
  late: boolean;
}

function send(
  { address, ca }: { readonly address: URL; readonly ca: string | undefined },
  method: string,
  headers: { [name: string]: string | number },
  text: string | undefined,
  timeout: number,
  progress: Progress,
): Promise<{ head: IncomingMessage; text: string }> {
  return new Promise((resolve, reject) => {
    const tls = address.protocol === "https:";
    const request = tls
      ? httpsRequest(address, { method, headers, agent: tlsAgent(ca) })
      : httpRequest(address, { method, headers, agent: plainAgent });
    let timer: NodeJS.Timeout | undefined;
    const settle = (end: () => void) => {
      clearTimeout(timer);
      end();
    };
    request.once("socket", (socket: Socket) => {
      const out = () => {
        progress.taken = true;
      };
      if (socket.connecting) socket.once(tls ? "secureConnect" : "connect", out);
      else out();
      timer = setTimeout(() => {
        progress.late = true;
        request.destroy(new Error("late"));
      }, timeout);
    });
    request.on("error", (error) => settle(() => reject(error)));
    request.once("response", (head) => {
      const chunks: Buffer[] = [];
      head.on("data", (chunk: Buffer) => chunks.push(chunk));
      head.on("error", (error) => settle(() => reject(error)));
      head.on("end", () => settle(() => resolve({ head, text: Buffer.concat(chunks).toString() })));
    });
    request.end(text);
  });
}

function tlsAgent(ca = ""): HttpsAgent {
  const agent = tlsAgents.get(ca) ?? new HttpsAgent({ ...options, ...trusting(ca) });
  tlsAgents.set(ca, agent);
  return agent;
}

function exchanged({ statusCode, headers }: IncomingMessage, text: string): Exchanged {
  const status = statusCode ?? 0;
  const type = headers["content-type"] ?? "";
  return {
    status,
    body: parseBody(text, type, status),
    server: headers["server"]?.toString(),
    page: type.includes("text/html"),
    retryAfter: waitOf(headers["retry-after"]),
    location: headers.location,
    cookies: headers["set-cookie"] ?? [],
  };
}

/** @throws where an answer that says it is JSON breaks off in the middle */
function parseBody(text: string, type: string, status: number): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // An error may be plain text whatever its type says; a result in JSON may not.
    if (type.includes("json") && (status < 400 || /^[[{]/.test(text)))
      throw new Error("the answer broke off in the middle");
    return text;
  }
}

/** `Retry-After` holds seconds or a date (RFC 9110, 10.2.3). */
function waitOf(header: string | undefined): number {
  if (!header) return 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(wait) ? 0 : Math.max(0, wait);
}

function silence(error: NodeJS.ErrnoException, { taken, late }: Progress, timeout: number): Silence {
  if (late) return { reason: `no answer within ${timeout / 1000} s`, taken, hopeless: false };
  const { code = "" } = error;
  const message = error.message || "no connection"; // empty where several addresses were tried
  const reason = REASONS[code] ?? (code && !message.includes(code) ? `${message} (${code})` : message);
  const tls = tlsFailure(error);
  const hopeless = tls !== undefined || HOPELESS.test(code);
  return { reason: tls ? `${tls.reason}; ${tls.cure}` : reason, taken, hopeless };
}
