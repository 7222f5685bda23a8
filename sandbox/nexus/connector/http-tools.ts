import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { CoreAnswer } from "./core-client";

/** Says on every answer of the connector's own that it is not Sonatype's Docker format. */
export const SANDBOX_HEADER = { "X-Berth-Sandbox": "docker connector" };

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that may travel on to another connection (RFC 9110, 7.6.1). */
export function endToEnd(headers: IncomingHttpHeaders, ...without: string[]): OutgoingHttpHeaders {
  const named = String(headers.connection ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase());
  const kept = Object.entries(headers).filter(
    ([name]) => !HOP_BY_HOP.has(name) && !named.includes(name) && !without.includes(name),
  );
  return Object.fromEntries(kept);
}

/** The body did not fit; the caller answers 413. */
export class BodyTooLarge extends Error {}

/** Reads a request's body into memory, at most `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new BodyTooLarge(`body larger than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Sends what the real Nexus said, with another body where `body` is given. */
export function sendAnswer(response: ServerResponse, answer: CoreAnswer, body: Buffer = answer.body): void {
  const headers = endToEnd(answer.headers, "content-length");
  response.writeHead(answer.status, { ...headers, ...SANDBOX_HEADER, "content-length": body.length });
  response.end(body);
}

/** Sends an answer of the connector's own. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  const type = { "content-type": "application/json", "content-length": body.length };
  response.writeHead(status, { ...type, ...SANDBOX_HEADER, ...headers });
  response.end(response.req?.method === "HEAD" ? undefined : body);
}

/** Scheme and host that the client used, behind a proxy or not: "https://nexus.example:8082". */
export function askedOrigin(request: IncomingMessage): string {
  const first = (name: string) =>
    String(request.headers[name] ?? "")
      .split(",")[0]!
      .trim();
  const scheme = first("x-forwarded-proto") || "http";
  let host = first("x-forwarded-host") || first("host") || "localhost";
  const port = first("x-forwarded-port");
  if (port && !/:\d+$/.test(host) && port !== "80" && port !== "443") host += `:${port}`;
  return `${scheme}://${host}`;
}

/** A JSON object, or undefined where the bytes are something else. */
export function parseObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
