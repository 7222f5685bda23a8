import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { LoopbackServer } from "../http/loopback-server";

export interface Seen {
  method: string;
  /** Path with query. */
  path: string;
  headers: IncomingMessage["headers"];
}

export type Reply = (request: Received, response: ServerResponse) => void | Promise<void>;

export interface Received extends Seen {
  body: Buffer;
  raw: IncomingMessage;
}

interface Rule {
  method: string;
  path: RegExp;
  reply: Reply;
  times: number;
  /** Answer at the head of a request, without reading its body. */
  early: boolean;
}

interface Stored {
  mediaType: string;
  bytes: Buffer;
}

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A registry in memory, on a loopback port, that follows the distribution specification except where told not to. */
export class ScriptedRegistry extends LoopbackServer {
  readonly seen: Seen[] = [];
  readonly blobs = new Map<string, Buffer>();
  /** By "repository@digest" and "repository:tag". */
  readonly manifests = new Map<string, Stored>();
  /** Does it list what refers to a manifest, as OCI 1.1 wants? */
  referrersApi = false;
  /** Does it take the tag `sha256-<hex>` for the digest `sha256:<hex>`, as GitLab's does? */
  tagsAreDigests = false;
  /** The most requests that it was at work on at once, by method. */
  readonly most: Record<string, number> = {};
  private readonly now: Record<string, number> = {};
  private readonly rules: Rule[] = [];
  /** What came of uploads that are not closed, by their names. */
  readonly uploads = new Map<string, Buffer>();

  /** The next `times` matching requests get this reply instead. Rules are looked at in the order they were made. */
  script(method: string, path: RegExp, reply: Reply, { times = 1, early = false } = {}): this {
    this.rules.push({ method, path, reply, times, early });
    return this;
  }

  requests(method: string, path: RegExp): Seen[] {
    return this.seen.filter((one) => one.method === method && path.test(one.path));
  }

  /** Stores an image of these layers (in `repository`, under `tag` if given). @returns its digest */
  addImage(
    repository: string,
    layers: (Buffer | string)[],
    { tag, ...more }: { tag?: string; [key: string]: unknown } = {},
  ): string {
    const describe = (content: Buffer | string, mediaType: string) => {
      const bytes = Buffer.from(content);
      this.blobs.set(sha256(bytes), bytes);
      return { mediaType, size: bytes.length, digest: sha256(bytes) };
    };
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const config = describe(
      JSON.stringify({ layers: layers.length }),
      "application/vnd.oci.image.config.v1+json",
    );
    const list = layers.map((layer) => describe(layer, "application/vnd.oci.image.layer.v1.tar"));
    return this.addManifest(repository, { schemaVersion: 2, mediaType, config, layers: list, ...more }, tag);
  }

  addIndex(repository: string, children: string[], tag?: string): string {
    const manifests = children.map((digest) => {
      const { mediaType, bytes } = this.manifests.get(`${repository}@${digest}`) as Stored;
      return { mediaType, digest, size: bytes.length, platform: { os: "linux", architecture: "amd64" } };
    });
    const mediaType = "application/vnd.oci.image.index.v1+json";
    return this.addManifest(repository, { schemaVersion: 2, mediaType, manifests }, tag);
  }

  addManifest(
    repository: string,
    content: { mediaType?: string; [key: string]: unknown },
    tag?: string,
    mediaType = content.mediaType,
  ): string {
    // Spaces, so that only a copy of the very bytes has the same digest.
    const bytes = Buffer.from(JSON.stringify(content, undefined, 3));
    const stored = { mediaType: mediaType ?? "", bytes };
    this.manifests.set(`${repository}@${sha256(bytes)}`, stored);
    if (tag !== undefined) this.manifests.set(`${repository}:${tag}`, stored);
    return sha256(bytes);
  }

  tagged(repository: string, tag: string): string | undefined {
    const stored = this.manifests.get(`${repository}:${tag}`);
    return stored && sha256(stored.bytes);
  }

  /** For a server that stands in front of it. */
  pass(raw: IncomingMessage, response: ServerResponse): void {
    this.serve(raw, response).catch((error) => response.destroy(error));
  }

  protected override async serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "", headers } = raw;
    this.now[method] = (this.now[method] ?? 0) + 1;
    this.most[method] = Math.max(this.most[method] ?? 0, this.now[method]);
    response.once("close", () => this.now[method]!--);
    this.seen.push({ method, path, headers });
    const rule = this.rules.find((one) => one.times > 0 && one.method === method && one.path.test(path));
    if (rule !== undefined) rule.times--;
    const body = rule?.early ? Buffer.alloc(0) : await readBody(raw);
    const request = { method, path, headers, body, raw };
    await (rule?.reply ?? ((one, two) => this.route(one, two)))(request, response);
  }

  /** What a registry does with a request; for scripted replies that only change something on the way. */
  route(request: Received, response: ServerResponse): void {
    const url = new URL(request.path, `http://${this.host}`);
    const [, repository = "", kind, rest = ""] =
      /^\/v2\/(.+)\/(manifests|blobs|tags|uploads|referrers)\/(.*)$/.exec(
        url.pathname.replace("/blobs/uploads/", "/uploads/"),
      ) ?? [];
    if (kind === "manifests") this.manifest(request, response, repository, rest);
    else if (kind === "uploads") this.upload(request, response, repository, rest, url.searchParams);
    else if (kind === "blobs") this.blob(request, response, rest);
    else if (kind === "referrers" && this.referrersApi) this.referrers(response, repository, rest);
    else if (kind === "tags") this.tags(response, repository);
    else fail(response, 404, "UNSUPPORTED", `no such address ${request.path}`);
  }

  private manifest(
    { method, body, headers }: Received,
    response: ServerResponse,
    repository: string,
    named: string,
  ) {
    const ref = this.tagsAreDigests ? named.replace(/^sha256-(?=[0-9a-f]{64}$)/, "sha256:") : named;
    const key = ref.includes(":") ? `${repository}@${ref}` : `${repository}:${ref}`;
    if (method === "PUT" && ref.includes(":") && ref !== sha256(body))
      return fail(response, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    if (method === "PUT") {
      const stored = { mediaType: String(headers["content-type"]), bytes: body };
      this.manifests.set(key, stored);
      this.manifests.set(`${repository}@${sha256(body)}`, stored);
      response.writeHead(201, { "docker-content-digest": sha256(body) }).end();
      return;
    }
    const stored = this.manifests.get(key);
    if (stored === undefined) return fail(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    if (method === "DELETE") {
      this.manifests.delete(key);
      return void response.writeHead(202).end();
    }
    const { mediaType, bytes } = stored;
    const length = { "content-type": mediaType, "content-length": bytes.length };
    response.writeHead(200, { ...length, "docker-content-digest": sha256(bytes) });
    response.end(method === "HEAD" ? undefined : bytes);
  }

  private blob({ method, headers }: Received, response: ServerResponse, digest: string) {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return fail(response, 404, "BLOB_UNKNOWN", "blob unknown to registry");
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    if (start > 0 && start >= bytes.length)
      return fail(response, 416, "RANGE_INVALID", "range not satisfiable");
    const range = { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": bytes.length - start,
      ...(start > 0 && range),
    });
    response.end(method === "HEAD" ? undefined : bytes.subarray(start));
  }

  private referrers(response: ServerResponse, repository: string, digest: string) {
    const all = [...this.manifests].filter(([key]) => key.startsWith(`${repository}@`));
    const manifests = all.flatMap(([, { mediaType, bytes }]) => {
      const content = JSON.parse(bytes.toString()) as { subject?: { digest: string } };
      return content.subject?.digest === digest
        ? [{ mediaType, digest: sha256(bytes), size: bytes.length }]
        : [];
    });
    const mediaType = "application/vnd.oci.image.index.v1+json";
    response.writeHead(200, { "content-type": mediaType });
    response.end(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  }

  private upload(
    { method, body, headers }: Received,
    response: ServerResponse,
    repository: string,
    id: string,
    query: URLSearchParams,
  ) {
    if (method === "POST") {
      const mount = query.get("mount");
      if (mount !== null && this.blobs.has(mount)) return void response.writeHead(201).end();
      const fresh = randomUUID();
      this.uploads.set(fresh, Buffer.alloc(0));
      return void response
        .writeHead(202, { location: `/v2/${repository}/blobs/uploads/${fresh}?_state=s3cret` })
        .end();
    }
    const before = this.uploads.get(id);
    if (before === undefined)
      return fail(response, 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    const location = `/v2/${repository}/blobs/uploads/${id}?_state=s3cret`;
    const at = (size: number) => ({ location, range: `0-${Math.max(0, size - 1)}` });
    if (method === "GET") return void response.writeHead(204, at(before.length)).end();
    const start = /^(\d+)-/.exec(headers["content-range"] ?? "")?.[1];
    if (start !== undefined && Number(start) !== before.length)
      return fail(response, 416, "BLOB_UPLOAD_INVALID", `${before.length} bytes are here`);
    const bytes = Buffer.concat([before, body]);
    if (method === "PATCH") {
      this.uploads.set(id, bytes);
      return void response.writeHead(202, at(bytes.length)).end();
    }
    this.uploads.delete(id);
    if (method === "DELETE") return void response.writeHead(204).end();
    const digest = query.get("digest") ?? "";
    if (sha256(bytes) !== digest)
      return fail(response, 400, "DIGEST_INVALID", "provided digest did not match");
    this.blobs.set(digest, bytes);
    response.writeHead(201, { "docker-content-digest": digest }).end();
  }

  private tags(response: ServerResponse, repository: string) {
    const tags = [...this.manifests.keys()].filter((key) => key.startsWith(`${repository}:`));
    const names = tags.map((key) => key.slice(repository.length + 1));
    if (names.length === 0)
      return fail(response, 404, "NAME_UNKNOWN", "repository name not known to registry");
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ name: repository, tags: names }));
  }
}

export function fail(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  detail?: unknown,
): void {
  const body = JSON.stringify({ errors: [{ code, message, detail }] });
  // Without a length, Node would close the connection after a HEAD.
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** A reply that keeps the first `count` bytes of an upload's body and then breaks the connection; script it `early`. */
export function breakAfter(registry: ScriptedRegistry, count: number): Reply {
  return ({ raw, path }) => {
    const [, id = ""] = /uploads\/([^?]+)/.exec(path) ?? [];
    const before = registry.uploads.get(id) ?? Buffer.alloc(0);
    const chunks: Buffer[] = [];
    let size = 0;
    raw.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size < count || raw.destroyed) return;
      registry.uploads.set(id, Buffer.concat([before, Buffer.concat(chunks).subarray(0, count)]));
      raw.destroy();
    });
  };
}

/** A reply that sends the first `count` bytes of a blob, and then breaks the connection. */
export function cutAfter(registry: ScriptedRegistry, count: number): Reply {
  return (request, response) => {
    const digest = request.path.split("/").at(-1) ?? "";
    const bytes = registry.blobs.get(digest) ?? Buffer.alloc(0);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const rest = { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, { "content-length": bytes.length - start, ...rest });
    // All of it is to leave before the connection breaks.
    response.write(bytes.subarray(start, start + count), () => setTimeout(() => response.destroy(), 20));
  };
}

/** For a test that would wait for ever: it fails by what it has counted. */
const LONGEST_GATHERING_MS = 5000;
/** For those that should not come: a client that asks for too much at once has time to show it. */
const STRAGGLERS_MS = 40;

/**
 * A reply that keeps its requests waiting until `count` of them wait at once, however slow the machine is, and then answers as
 * ever. Counted by `most`: with fewer at once nothing is answered for 5 s.
 */
export function gathered(registry: ScriptedRegistry, count: number): Reply {
  let waiting = 0;
  let complete = () => {};
  const all = new Promise<void>((resolve) => {
    complete = resolve;
  });
  return async (request, response) => {
    if (++waiting === count) void sleep(STRAGGLERS_MS).then(complete);
    await Promise.race([all, sleep(LONGEST_GATHERING_MS, undefined, { ref: false })]);
    registry.route(request, response);
  };
}

/** A reply with this status and no body. */
export function status(code: number, headers: Record<string, string> = {}): Reply {
  return (_request, response) => void response.writeHead(code, headers).end();
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
