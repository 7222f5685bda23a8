import type { IncomingMessage, ServerResponse } from "node:http";
import type { DockerRepository } from "../record";
import { blobUnknown, manifestUnknown, type Refusal, refuse, remoteFailed, unsupported } from "./answers";
import type { Backend, ContentRoute, Manifest } from "./backend";
import { BlobDownloads } from "./blob-downloads";
import { sha256 } from "./digest";
import { ProxyCache } from "./proxy-cache";
import { MANIFEST_TYPES } from "./registry-client";
import { RemoteRegistry } from "./remote";
import { isDigest } from "./route";
import { sendManifest } from "./send";

type Fetched = { found: Manifest } | { refusal: Refusal };

/** A pull-through cache of one remote registry. What was fetched is served on while the remote is away. */
export class ProxyBackend implements Backend {
  readonly cache: ProxyCache;
  private readonly downloads: BlobDownloads;
  private readonly negative = new Map<string, number>();

  constructor(
    directory: string,
    private readonly settings: () => DockerRepository,
    private readonly log: (line: string) => void,
  ) {
    this.cache = new ProxyCache(directory);
    this.downloads = new BlobDownloads(this.cache, log);
  }

  async serve(route: ContentRoute, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      request.resume();
      return refuse(response, unsupported);
    }
    if (route.kind === "manifest") {
      const fetched = await this.fetchManifest(route.image, route.reference);
      return "found" in fetched ? sendManifest(response, fetched.found) : refuse(response, fetched.refusal);
    }
    if (route.kind !== "blob") return refuse(response, unsupported);
    const refusal = await this.sendBlob(route.image, route.digest, request, response);
    if (refusal) refuse(response, refusal);
  }

  async manifest(image: string, reference: string): Promise<Manifest | undefined> {
    const fetched = await this.fetchManifest(image, reference);
    return "found" in fetched ? fetched.found : undefined;
  }

  async serveBlob(image: string, digest: string, request: IncomingMessage, response: ServerResponse) {
    return (await this.sendBlob(image, digest, request, response)) === undefined;
  }

  async tags(image: string): Promise<string[] | undefined> {
    const cached = this.cache.tags(image);
    const remote = await this.askRemote("GET", image, "tags/list", "application/json").catch(() => undefined);
    if (!remote?.ok) {
      await remote?.body?.cancel();
      return cached.length > 0 ? cached : undefined;
    }
    const body = (await remote.json()) as { tags?: string[] | null };
    return body.tags ?? [];
  }

  images(): Promise<string[]> {
    return Promise.resolve(this.cache.images());
  }

  /** POST /v1/repositories/{name}/invalidate-cache, and every change of settings. */
  invalidate(): void {
    this.negative.clear();
    this.cache.expireTags();
  }

  blobs() {
    return this.cache.blobs();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async fetchManifest(image: string, reference: string): Promise<Fetched> {
    const cached = this.fromCache(image, reference);
    if (cached?.fresh) return { found: cached.manifest };
    if ((this.negative.get(`${image}:${reference}`) ?? 0) > Date.now())
      return cached ? { found: cached.manifest } : { refusal: manifestUnknown(reference) };
    const fetched = await this.fromRemote(image, reference);
    return "refusal" in fetched && cached ? { found: cached.manifest } : fetched;
  }

  /** A digest is always fresh; a tag for metadataMaxAge minutes. */
  private fromCache(image: string, reference: string): { manifest: Manifest; fresh: boolean } | undefined {
    const tag = isDigest(reference) ? undefined : this.cache.tag(image, reference);
    const manifest = this.cache.manifest(tag?.digest ?? reference);
    if (!manifest) return undefined;
    const maxAge = this.remoteSettings().metadataMaxAge;
    const fresh = !tag || maxAge < 0 || Date.now() - tag.fetchedAt < maxAge * 60_000;
    return { manifest, fresh };
  }

  private async fromRemote(image: string, reference: string): Promise<Fetched> {
    let answer: Response;
    let body: Buffer;
    try {
      answer = await this.askRemote("GET", image, `manifests/${reference}`, MANIFEST_TYPES);
      body = Buffer.from(await answer.arrayBuffer());
    } catch (error) {
      return { refusal: this.unreachable(`manifest ${image}:${reference}`, error) };
    }
    if (!answer.ok)
      return { refusal: this.translate(answer.status, `${image}:${reference}`, manifestUnknown(reference)) };
    const digest = sha256(body);
    if (isDigest(reference) && digest !== reference)
      return { refusal: remoteFailed(`manifest ${image}@${reference}: the remote sent ${digest}`) };
    const manifest = { body, digest, mediaType: answer.headers.get("content-type") ?? "application/json" };
    this.cache.keepManifest(manifest);
    if (!isDigest(reference)) this.cache.keepTag(image, reference, { digest, fetchedAt: Date.now() });
    return { found: manifest };
  }

  /** Answers the request, or says why not with nothing sent. */
  private async sendBlob(image: string, digest: string, request: IncomingMessage, response: ServerResponse) {
    try {
      const status = await this.downloads.send(digest, request, response, (method) =>
        this.askRemote(method, image, `blobs/${digest}`),
      );
      return status === "sent"
        ? undefined
        : this.translate(status, `${image}@${digest}`, blobUnknown(digest));
    } catch (error) {
      if (response.headersSent) throw error;
      return this.unreachable(`blob ${image}@${digest}`, error);
    }
  }

  /**
   * The remote's refusals as the real server translates them for its own formats (measured on 3.71 with raw):
   * 403, 404 and 429 say "not here" and go into the negative cache; 401 and 5xx are 503.
   */
  private translate(status: number, what: string, unknown: Refusal): Refusal {
    this.log(`${this.settings().name}: remote answered ${status} for ${what}`);
    if (status === 401 || status >= 500) return remoteFailed(`the remote answered ${status} for ${what}`);
    const { negativeCacheEnabled, negativeCacheTtl } = this.remoteSettings();
    if (negativeCacheEnabled) this.negative.set(what, Date.now() + negativeCacheTtl * 60_000);
    return unknown;
  }

  private unreachable(what: string, error: unknown): Refusal {
    const { cause, message } = error as Error & { cause?: Error };
    this.log(`${this.settings().name}: ${what}: ${message} ${cause?.message ?? ""}`);
    return remoteFailed(`${what}: the remote could not be reached`);
  }

  private askRemote(method: "GET" | "HEAD", image: string, path: string, accept?: string): Promise<Response> {
    const { url, blocked, username, password } = this.remoteSettings();
    if (blocked) return Promise.reject(new Error("the remote is blocked in the repository's settings"));
    const credential = username ? { username, password: password ?? "" } : undefined;
    const name =
      this.settings().dockerProxy?.indexType === "HUB" && !image.includes("/") ? `library/${image}` : image;
    return this.remote(url, credential).ask(method, `${name}/${path}`, name, accept);
  }

  private client: { key: string; registry: RemoteRegistry } | undefined;

  private remote(
    url: string,
    credential: { username: string; password: string } | undefined,
  ): RemoteRegistry {
    const key = JSON.stringify([url, credential]);
    if (this.client?.key !== key) this.client = { key, registry: new RemoteRegistry(url, credential) };
    return this.client.registry;
  }

  private remoteSettings() {
    const { remote, name } = this.settings();
    if (!remote) throw new Error(`proxy repository ${name} has no remote in the connector's record`);
    return remote;
  }
}
