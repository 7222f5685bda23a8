import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyTooLarge, readBody, SANDBOX_HEADER } from "../http-tools";
import { Mutex } from "../mutex";
import type { DockerRepository } from "../record";
import { API_VERSION, cannotBeUpdated, type Refusal, readOnly, refuse } from "./answers";
import type { Backend, ContentRoute, Manifest } from "./backend";
import { BlobStorage } from "./blob-storage";
import { sha256 } from "./digest";
import { MANIFEST_TYPES, passOn, registryJson, registryManifest } from "./registry-client";
import type { RegistryProcess } from "./registry-process";
import { isDigest } from "./route";

/** Distribution's own limit for manifests. */
const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_UPLOADS = 10_000;

/** A hosted repository: Nexus's write rules in front of one registry process. */
export class HostedBackend implements Backend {
  private readonly storage: BlobStorage;
  private readonly tagLock = new Mutex();
  private readonly uploadStarts = new Map<string, number>();

  constructor(
    private readonly registry: RegistryProcess,
    private readonly settings: () => DockerRepository,
  ) {
    this.storage = new BlobStorage(registry.storage);
  }

  async serve(route: ContentRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reads = request.method === "GET" || request.method === "HEAD";
    const policy = this.policy();
    if (!reads && policy === "DENY") return refuse(response, readOnly(this.settings().name));
    if (route.kind === "manifest" && request.method === "PUT")
      return this.putManifest(route.image, route.reference, request, response);
    if (route.kind === "upload") return this.upload(route.image, route.session, request, response);
    if (route.kind === "blob" && reads) this.storage.link(route.image, route.digest);
    // Nexus gives what was pushed, whatever the client accepts; distribution would convert it.
    const headers = route.kind === "manifest" && reads ? { accept: MANIFEST_TYPES } : {};
    await passOn(this.registry, request, response, { headers });
  }

  manifest(image: string, reference: string): Promise<Manifest | undefined> {
    return registryManifest(this.registry, image, reference);
  }

  async serveBlob(image: string, digest: string, request: IncomingMessage, response: ServerResponse) {
    if (!this.storage.has(digest)) return false;
    this.storage.link(image, digest);
    await passOn(this.registry, request, response);
    return true;
  }

  async tags(image: string): Promise<string[] | undefined> {
    const list = await registryJson(this.registry, `/v2/${image}/tags/list`);
    return list && Array.isArray(list.tags) ? (list.tags as string[]) : undefined;
  }

  untag(image: string, tag: string): boolean {
    return this.storage.untag(image, tag);
  }

  images(): Promise<string[]> {
    return Promise.resolve(this.storage.images());
  }

  blobs() {
    return this.storage.blobs();
  }

  close(): Promise<void> {
    return this.registry.stop();
  }

  private policy(): string {
    return (this.settings().writePolicy ?? "ALLOW").toUpperCase();
  }

  /** One tag at a time, so that of two different manifests pushed at once under ALLOW_ONCE exactly one wins. */
  private async putManifest(
    image: string,
    reference: string,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    let body: Buffer;
    try {
      body = await readBody(request, MAX_MANIFEST);
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      return refuse(response, { status: 400, code: "MANIFEST_INVALID", message: error.message });
    }
    await this.tagLock.run(`${image}:${reference}`, async () => {
      const refusal = await this.refuseUpdate(image, reference, body);
      if (refusal) return refuse(response, refusal);
      for (const digest of referencedBlobs(body)) this.storage.link(image, digest);
      await passOn(this.registry, request, response, { body });
    });
  }

  private async refuseUpdate(image: string, reference: string, body: Buffer): Promise<Refusal | undefined> {
    const { name, latestPolicy } = this.settings();
    if (this.policy() !== "ALLOW_ONCE" || isDigest(reference)) return undefined;
    if (latestPolicy && reference === "latest") return undefined;
    const present = await this.manifest(image, reference);
    if (!present || present.digest === sha256(body)) return undefined;
    return cannotBeUpdated(name, `v2/${image}/manifests/${reference}`);
  }

  /**
   * Under ALLOW_ONCE, a layer that somebody else finished while this upload ran is refused, as in Nexus
   * (nexus-public#967); a client asks again and finds it present.
   */
  private async upload(image: string, session: string, request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://registry");
    if (request.method === "POST" && !session) return this.startUpload(image, url, request, response);
    if (request.method === "PUT") {
      const started = this.uploadStarts.get(session);
      this.uploadStarts.delete(session);
      const digest = url.searchParams.get("digest") ?? "";
      const raced = started !== undefined && this.storage.finishedAfter(digest, started);
      if (raced && this.policy() === "ALLOW_ONCE") {
        request.resume();
        return refuse(response, cannotBeUpdated(this.settings().name, `v2/-/blobs/${digest}`));
      }
    }
    await passOn(this.registry, request, response);
  }

  /** A mount from any image of this repository succeeds where the blob is here; else an ordinary upload begins. */
  private async startUpload(image: string, url: URL, request: IncomingMessage, response: ServerResponse) {
    const digest = url.searchParams.get("mount") ?? "";
    if (this.storage.has(digest)) {
      request.resume();
      this.storage.link(image, digest);
      const headers = {
        ...API_VERSION,
        Location: `/v2/${image}/blobs/${digest}`,
        "Docker-Content-Digest": digest,
      };
      response.writeHead(201, { ...headers, ...SANDBOX_HEADER, "Content-Length": 0 }).end();
      return;
    }
    url.searchParams.delete("mount");
    url.searchParams.delete("from");
    const started = await passOn(this.registry, request, response, { path: `${url.pathname}${url.search}` });
    this.rememberUpload(String(started["docker-upload-uuid"] ?? ""));
  }

  /** Abandoned uploads must not fill the memory: the oldest goes first. */
  private rememberUpload(session: string): void {
    if (this.uploadStarts.size >= MAX_UPLOADS)
      this.uploadStarts.delete(this.uploadStarts.keys().next().value ?? "");
    this.uploadStarts.set(session, Date.now());
  }
}

/** Digests of the blobs that a manifest names; empty for an index or anything unreadable (the registry judges that). */
export function referencedBlobs(body: Buffer): string[] {
  try {
    const manifest = JSON.parse(body.toString("utf8")) as { config?: unknown; layers?: unknown };
    const layers = Array.isArray(manifest.layers) ? manifest.layers : [];
    return [manifest.config, ...layers]
      .map((part) => (part as { digest?: unknown } | undefined)?.digest)
      .filter((digest): digest is string => typeof digest === "string" && isDigest(digest));
  } catch {
    return [];
  }
}
