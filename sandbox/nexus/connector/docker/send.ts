import { createReadStream, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { SANDBOX_HEADER } from "../http-tools";
import { API_VERSION } from "./answers";
import type { Manifest } from "./backend";

/** Answers GET or HEAD of a manifest. */
export function sendManifest(response: ServerResponse, manifest: Manifest): void {
  response.writeHead(200, {
    ...API_VERSION,
    ...SANDBOX_HEADER,
    "Content-Type": manifest.mediaType,
    "Content-Length": manifest.body.length,
    "Docker-Content-Digest": manifest.digest,
    Etag: `"${manifest.digest}"`,
  });
  response.end(response.req.method === "HEAD" ? undefined : manifest.body);
}

/** Headers of a blob of `length` bytes. */
export const blobHeaders = (digest: string, length: number) => ({
  ...API_VERSION,
  ...SANDBOX_HEADER,
  "Content-Type": "application/octet-stream",
  "Content-Length": length,
  "Accept-Ranges": "bytes",
  "Docker-Content-Digest": digest,
  Etag: `"${digest}"`,
});

/** Answers GET or HEAD of a blob from a file, with one byte range where asked. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  digest: string,
  file: string,
): Promise<void> {
  const size = statSync(file).size;
  const range = request.method === "GET" ? parseRange(request.headers.range, size) : undefined;
  if (range === "unsatisfiable") {
    response.writeHead(416, { ...blobHeaders(digest, 0), "Content-Range": `bytes */${size}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const partial = range ? { "Content-Range": `bytes ${start}-${end}/${size}` } : {};
  response.writeHead(range ? 206 : 200, { ...blobHeaders(digest, end - start + 1), ...partial });
  if (request.method === "HEAD" || size === 0) response.end();
  else await pipeline(createReadStream(file, { start, end }), response);
}

/** One range of bytes (RFC 9110, 14.2); several, or another unit, count as none. */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!found || (found[1] === "" && found[2] === "")) return undefined;
  if (found[1] === "") {
    const length = Math.min(Number(found[2]), size);
    return length > 0 ? { start: size - length, end: size - 1 } : "unsatisfiable";
  }
  const start = Number(found[1]);
  const end = found[2] === "" ? size - 1 : Math.min(Number(found[2]), size - 1);
  if (start >= size) return "unsatisfiable";
  return end < start ? undefined : { start, end };
}
