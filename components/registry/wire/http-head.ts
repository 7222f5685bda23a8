/** How the content of an answer ends (RFC 9112, 6.3). */
export type Framing = { kind: "none" | "chunked" | "until-close" } | { kind: "length"; length: number };

/** The head of an answer in HTTP/1.1. */
export interface Head {
  status: number;
  /** By name in lower case; several of one name are joined by ", ". */
  headers: Record<string, string | undefined>;
  framing: Framing;
  /** May the connection take another request afterwards? */
  keepAlive: boolean;
}

/** Bytes; Node's own limit. */
export const LARGEST_HEAD = 16 * 1024;

/** What came is not HTTP/1.1, or not clear about where it ends: nothing more is read of it. */
export class HttpProblem extends Error {
  readonly code = "HPE_INVALID";
}

/**
 * Reads the head of an answer, strictly: what one program takes for a length and another one does not is refused.
 * @param text without the empty line at its end.
 */
export function parseHead(text: string, method: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const start = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/.exec(first);
  if (start === null) throw new HttpProblem("the answer is not HTTP/1.1");
  const headers: Head["headers"] = Object.create(null);
  for (const line of lines) {
    const field = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*)$/.exec(line);
    if (field === null) throw new HttpProblem("the answer has a header that is none");
    const [, key = "", text = ""] = field;
    const name = key.toLowerCase();
    const value = text.trimEnd();
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  const status = Number(start[2]);
  const framing = framingOf(method, status, headers);
  const said = (headers["connection"] ?? "").toLowerCase().split(/\s*,\s*/);
  const persists = start[1] === "1" ? !said.includes("close") : said.includes("keep-alive");
  const isClear = headers["transfer-encoding"] === undefined || headers["content-length"] === undefined;
  return { status, headers, framing, keepAlive: persists && isClear && framing.kind !== "until-close" };
}

function framingOf(method: string, status: number, headers: Head["headers"]): Framing {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined) {
    if (encoding.toLowerCase() === "chunked") return { kind: "chunked" };
    throw new HttpProblem(
      `the answer comes in an encoding that was not asked for (${encoding.slice(0, 40)})`,
    );
  }
  const said = headers["content-length"];
  if (said === undefined) return { kind: "until-close" };
  const lengths = new Set(said.split(/\s*,\s*/));
  const [length = ""] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length))
    throw new HttpProblem("the answer has no clear length (Content-Length)");
  return { kind: "length", length: Number(length) };
}

/**
 * The head of a request, whose parts are checked: nothing that comes from elsewhere can add a header to it.
 * @param whole with the whole address in it, as a proxy wants it (RFC 9112, 3.2.2)
 */
export function formatHead(method: string, url: URL, headers: Record<string, string>, whole = false): string {
  const place = whole ? url.origin : "";
  const lines = [`${method} ${place}${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`];
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new Error(`the header ${name} has a character that headers can't have`);
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
