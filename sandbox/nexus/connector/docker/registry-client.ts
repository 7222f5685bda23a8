import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as open,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream/promises";
import { endToEnd, parseObject, SANDBOX_HEADER } from "../http-tools";
import { API_VERSION } from "./answers";
import type { Manifest } from "./backend";
import { sha256 } from "./digest";
import type { RegistryProcess } from "./registry-process";

/** Everything an image reference can point to; without it distribution converts to the old schema 1. */
export const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

interface Changes {
  /** sent instead of the client's */
  path?: string;
  headers?: OutgoingHttpHeaders;
  body?: Buffer;
}

/** Hands a permitted request to the registry process and its answer back, both as streams; returns its headers. */
export async function passOn(
  registry: RegistryProcess,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  change: Changes = {},
): Promise<IncomingHttpHeaders> {
  const { body } = change;
  const mine = endToEnd(
    incoming.headers,
    "authorization",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
  );
  const headers: OutgoingHttpHeaders = { ...mine, ...change.headers };
  if (body) headers["content-length"] = body.length;
  else if (incoming.headers["transfer-encoding"]) headers["transfer-encoding"] = "chunked";
  const asked = open({
    socketPath: registry.socket,
    agent: registry.agent,
    method: incoming.method,
    path: change.path ?? incoming.url,
    headers,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve);
    asked.on("error", reject);
  });
  answered.catch(() => undefined);
  outgoing.on("close", () => outgoing.writableFinished || asked.destroy());
  if (body) asked.end(body);
  else pipeline(incoming, asked).catch((error: Error) => asked.destroy(error));
  const answer = await answered;
  outgoing.writeHead(answer.statusCode ?? 502, {
    ...endToEnd(answer.headers, "docker-distribution-api-version"),
    ...API_VERSION,
    ...SANDBOX_HEADER,
  });
  await pipeline(answer, outgoing);
  return answer.headers;
}

interface Small {
  status: number;
  type: string;
  body: Buffer;
}

/** A GET of something small (manifest, list). */
function get(registry: RegistryProcess, path: string, accept: string): Promise<Small> {
  return new Promise((resolve, reject) => {
    const asked = open({
      socketPath: registry.socket,
      agent: registry.agent,
      path,
      headers: { accept, host: "registry" },
    });
    asked.on("error", reject);
    asked.on("response", (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          type: String(answer.headers["content-type"] ?? ""),
          body: Buffer.concat(parts),
        }),
      );
    });
    asked.end();
  });
}

export async function registryJson(registry: RegistryProcess, path: string) {
  const answer = await get(registry, path, "application/json");
  return answer.status === 200 ? parseObject(answer.body) : undefined;
}

export async function registryManifest(
  registry: RegistryProcess,
  image: string,
  reference: string,
): Promise<Manifest | undefined> {
  const answer = await get(registry, `/v2/${image}/manifests/${reference}`, MANIFEST_TYPES);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200)
    throw new Error(
      `docker-registry ${registry.name}: GET manifest ${image}:${reference} answered ${answer.status}`,
    );
  return { body: answer.body, digest: sha256(answer.body), mediaType: answer.type };
}
