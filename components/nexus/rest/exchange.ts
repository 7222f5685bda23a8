import type { IncomingHttpHeaders } from "node:http";
import { askHttp } from "../../http/ask-http";
import { NoAnswer } from "../../http/no-answer";
import { ProxyFailure } from "../../http/proxy-failure";
import { InvalidProxy } from "../../http/proxy-for";
import { parseRetryAfter } from "../../http/retry-after";
import { tlsFailure } from "../../http/tls-trust";
import { errorOf } from "../../values/error-facts";
import type { NexusServer } from "./nexus-server";
import { loginHeader } from "./secrets";

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
}

/** No answer, or not all of it. */
export interface Silence {
  readonly reason: string;
  /** The call went out: it may have been carried out. */
  readonly taken: boolean;
  /** Trying again gives the same: a certificate that isn't trusted, something that doesn't speak HTTP. */
  readonly hopeless: boolean;
}

const REASONS: { readonly [code: string]: string } = {
  ECONNREFUSED: "nothing listens there (ECONNREFUSED)",
  ECONNRESET: "the connection broke off (ECONNRESET)",
  ENOTFOUND: "there is no host of that name (ENOTFOUND)",
  EAI_AGAIN: "the host's name could not be looked up (EAI_AGAIN)",
  EHOSTUNREACH: "there is no way to the host (EHOSTUNREACH)",
  HPE_INVALID: "it does not speak HTTP: is the port right, or is it https?",
};
const HOPELESS = /^(ERR_TLS_|ERR_SSL_|ERR_INVALID_|ERR_UNESCAPED_|HPE_)/;

/**
 * One HTTP call, once.
 * @param timeout milliseconds from the call's turn to its whole answer
 * @param textType content type where `body` is a string; anything else is sent as JSON
 */
export async function exchange(
  server: NexusServer,
  method: string,
  path: string,
  body: unknown,
  timeout: number,
  textType = "text/plain",
): Promise<Exchanged | Silence> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? textType : "application/json";
  const headers = {
    accept: "application/json, text/plain;q=0.5",
    ...loginHeader(server),
    ...(text !== undefined && { "content-type": type }),
  };
  try {
    const url = new URL(server.url + path);
    const answer = await askHttp({ method, url, headers, body: text, ca: server.ca, timeLimit: timeout });
    return exchanged(answer.status, answer.headers, answer.text);
  } catch (error) {
    return silence(errorOf(error));
  }
}

function exchanged(status: number, headers: IncomingHttpHeaders, text: string): Exchanged {
  const type = headers["content-type"] ?? "";
  return {
    status,
    body: parseBody(text, type, status),
    server: headers["server"]?.toString(),
    page: type.includes("text/html"),
    retryAfter: parseRetryAfter(headers["retry-after"]) ?? 0,
    location: headers.location,
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

function silence(error: Error): Silence {
  if (error instanceof ProxyFailure)
    return { reason: `${error.message}. ${error.nextStep}`, taken: false, hopeless: !error.temporary };
  // What comes of no request at all: a mistake in the address or in the settings.
  if (error instanceof InvalidProxy) return { reason: error.message, taken: false, hopeless: true };
  if (!(error instanceof NoAnswer)) return { reason: error.message, taken: true, hopeless: false };
  const { code, message, cause, taken } = error;
  const reason = REASONS[code] ?? (code && !message.includes(code) ? `${message} (${code})` : message);
  const tls = tlsFailure(cause);
  const hopeless = tls !== undefined || HOPELESS.test(code);
  return { reason: tls ? `${tls.reason}; ${tls.cure}` : reason, taken, hopeless };
}
