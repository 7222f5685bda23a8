import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson } from "../http-tools";
import { API_VERSION } from "./answers";

/** Answers catalog or tags, `n` at a time after `last`, with the Link header of the distribution specification. */
export function sendList(
  request: IncomingMessage,
  response: ServerResponse,
  name: "repositories" | "tags",
  values: string[],
  more: Record<string, string> = {},
): void {
  const url = new URL(request.url ?? "/", "http://registry");
  const { page, next } = pageOf([...new Set(values)].sort(), url.searchParams);
  const link = next ? { Link: `<${url.pathname}?${next}>; rel="next"` } : {};
  sendJson(response, 200, { ...more, [name]: page }, { ...API_VERSION, ...link });
}

/** Pure: one page of a sorted list, and the query of the next one. A malformed `n` counts as none. */
export function pageOf(sorted: string[], query: URLSearchParams): { page: string[]; next?: string } {
  const last = query.get("last");
  const rest = last === null ? sorted : sorted.filter((value) => value > last);
  const asked = Number(query.get("n") ?? Number.NaN);
  if (!Number.isInteger(asked) || asked < 1 || asked >= rest.length) return { page: rest };
  const page = rest.slice(0, asked);
  return { page, next: new URLSearchParams({ n: String(asked), last: page.at(-1)! }).toString() };
}
