import type { Readable } from "node:stream";
import type { Credentials, Scope } from "./auth";
import { RegistryError } from "./errors";
import { LARGEST_MANIFEST, MANIFEST_TYPES, type Manifest, readManifest } from "./manifest";
import { type Answer, type Call, Session, type SessionOptions, type StreamAnswer } from "./session";

export interface RegistryClientArgs extends Omit<SessionOptions, "account"> {
  /** As in references: "gitlab.example.com:5050". */
  registry: string;
  /** Accounts by registry host; only this registry's own is used. Anonymous without one. */
  credentials?: Credentials | undefined;
  /** Speak plain http. Loopback hosts always do. @default false */
  insecure?: boolean | undefined;
  /** What tokens are asked for. A writer asks for both at once, so that one token serves a whole copy. */
  access: "pull" | "pull,push";
}

export interface ManifestHead {
  digest: string;
  mediaType: string | undefined;
}

/** A started upload: where its content goes. */
export interface Upload {
  location: URL;
}

/** One registry, by the OCI distribution specification 1.0 (https://github.com/opencontainers/distribution-spec). */
export class RegistryClient {
  readonly registry: string;
  private readonly origin: URL;
  private readonly session: Session;
  // Some registries take no content in the closing PUT; found out once, then kept to.
  private patches = false;

  constructor(private readonly args: RegistryClientArgs) {
    this.registry = args.registry;
    this.origin = registryOrigin(args.registry, args.insecure ?? false);
    this.session = new Session(this.origin, {
      ...args,
      account: accountFor(args.registry, args.credentials),
    });
  }

  /** What a tag or digest points to; undefined where there is no such manifest (or repository). */
  async headManifest(repository: string, reference: string): Promise<ManifestHead | undefined> {
    const call = this.manifestCall("HEAD", repository, reference, [200, 404]);
    const { status, headers } = await this.session.request(call);
    if (status === 404) return undefined;
    const digest = headers["docker-content-digest"];
    if (typeof digest === "string") return { digest, mediaType: headers["content-type"] };
    // The header is optional in the specification: the content itself tells.
    return this.getManifest(repository, reference);
  }

  /**
   * A manifest with its digest checked against `expected` (and the registry's own statement).
   * @throws RegistryError, also for what `readManifest` refuses.
   */
  async getManifest(
    repository: string,
    reference: string,
    expected: Partial<Manifest> = {},
  ): Promise<Manifest> {
    const call = { ...this.manifestCall("GET", repository, reference, [200]), limit: LARGEST_MANIFEST };
    const { headers, body, status } = await this.session.request(call);
    const said = headers["docker-content-digest"];
    const digest = reference.includes(":") ? reference : typeof said === "string" ? said : undefined;
    try {
      return readManifest(body, headers["content-type"], { ...(digest && { digest }), ...expected });
    } catch (error) {
      throw new RegistryError({ method: "GET", url: call.url, status, problem: (error as Error).message });
    }
  }

  /** Stores the bytes as they are, under a digest or a tag. */
  async putManifest(
    repository: string,
    reference: string,
    { mediaType, bytes, digest }: Manifest,
  ): Promise<void> {
    const call: Call = {
      ...this.manifestCall("PUT", repository, reference, [200, 201]),
      headers: { "content-type": mediaType },
      body: bytes,
    };
    const { headers, status } = await this.session.request(call);
    const stored = headers["docker-content-digest"];
    if (stored === undefined || stored === digest) return;
    const problem = `the registry stored ${stored} where ${digest} was sent`;
    throw new RegistryError({ method: "PUT", url: call.url, status, problem });
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const url = this.url(`${repository}/blobs/${digest}`);
    const { status } = await this.session.request({
      ...this.call("HEAD", repository, url),
      expect: [200, 404],
    });
    return status === 200;
  }

  /** The caller must read or destroy the stream, and check digest and size. */
  getBlob(repository: string, digest: string): Promise<StreamAnswer> {
    const url = this.url(`${repository}/blobs/${digest}`);
    return this.session.stream({ ...this.call("GET", repository, url), expect: [200] });
  }

  /**
   * Starts an upload; with `from`, asks first to mount the blob from that repository of the same registry.
   * @returns "mounted", or where to send the content.
   */
  async startUpload(repository: string, digest: string, from?: string): Promise<Upload | "mounted"> {
    const call = {
      ...this.call("POST", repository, this.url(`${repository}/blobs/uploads/`)),
      body: Buffer.alloc(0),
    };
    if (from === undefined)
      return this.uploadAt(call, await this.session.request({ ...call, expect: [202] }));
    const mount = { ...call, url: new URL(call.url), scopes: [...call.scopes, `repository:${from}:pull`] };
    mount.url.searchParams.set("mount", digest);
    mount.url.searchParams.set("from", from);
    // Registries refuse a mount in many ways; each of them leaves the plain upload.
    const answer = await this.session.request({ ...mount, expect: [201, 202, 400, 401, 403, 404, 405] });
    if (answer.status === 201) return "mounted";
    return answer.status === 202 ? this.uploadAt(mount, answer) : this.startUpload(repository, digest);
  }

  /**
   * Sends a blob in one stream. A registry that takes no content in the closing PUT is remembered, and the error is
   * temporary: with a new stream the next attempt sends it by PATCH.
   */
  async upload(
    repository: string,
    upload: Upload,
    blob: { digest: string; size: number },
    content: Readable,
  ) {
    const headers = { "content-type": "application/octet-stream", "content-length": String(blob.size) };
    let { location } = upload;
    const call = this.call("PUT", repository, location);
    if (this.patches) {
      const patch: Call = { ...call, method: "PATCH", url: location, headers, body: content, expect: [202] };
      ({ location } = this.uploadAt(patch, await this.session.request(patch)));
    }
    const url = new URL(location);
    url.searchParams.set("digest", blob.digest);
    const put = this.patches ? { body: Buffer.alloc(0) } : { headers, body: content };
    try {
      await this.session.request({ ...call, ...put, url, expect: [201] });
    } catch (error) {
      if (this.patches || !(error instanceof RegistryError) || !isMethodRefusal(error.status)) throw error;
      this.patches = true;
      throw new RegistryError({
        method: "PUT",
        url,
        problem: "refused in one piece",
        temporary: true,
        cause: error,
      });
    }
  }

  /** Gives an upload up, so that the registry need not keep its half. */
  async cancelUpload(repository: string, { location }: Upload): Promise<void> {
    await this.session.request({
      ...this.call("DELETE", repository, location),
      expect: [200, 202, 204, 404],
    });
  }

  /** All tags of a repository, page by page; none where it does not exist. */
  async *listTags(repository: string, pageSize = 1000): AsyncGenerator<string> {
    let url: URL | undefined = this.url(`${repository}/tags/list?n=${pageSize}`);
    for (const seen = new Set<string>(); url !== undefined; ) {
      seen.add(url.href);
      const answer: Answer = await this.session.request({
        ...this.call("GET", repository, url),
        expect: [200, 404],
        limit: LARGEST_MANIFEST,
      });
      if (answer.status === 404) return;
      yield* readTags(answer);
      url = nextPage(answer);
      // Registries that ignore paging name the same page for ever.
      if (url !== undefined && (seen.has(url.href) || url.origin !== this.origin.origin))
        throw new RegistryError({
          method: "GET",
          url,
          problem: "the next page of tags is one already read, or elsewhere",
        });
    }
  }

  /** For messages too. */
  manifestUrl(repository: string, reference: string): URL {
    return this.url(`${repository}/manifests/${reference}`);
  }

  close(): void {
    this.session.close();
  }

  private url(path: string): URL {
    return new URL(`/v2/${path}`, this.origin);
  }

  private call(method: Call["method"], repository: string, url: URL): Omit<Call, "expect"> {
    const scopes: Scope[] = [`repository:${repository}:${this.args.access}`];
    return { method, url, repository, scopes };
  }

  private manifestCall(
    method: Call["method"],
    repository: string,
    reference: string,
    expect: number[],
  ): Call {
    const url = this.manifestUrl(repository, reference);
    return { ...this.call(method, repository, url), expect, headers: { accept: MANIFEST_TYPES.join(", ") } };
  }

  private uploadAt(call: { method: string; url: URL }, { headers, status }: Answer): Upload {
    const { location = "" } = headers;
    if (location !== "" && URL.canParse(location, call.url.href))
      return { location: new URL(location, call.url) };
    const problem = "the registry started an upload without saying where (Location)";
    throw new RegistryError({ method: call.method, url: call.url, status, problem });
  }
}

/** Where a registry's API is. @throws RegistryError never; references are checked when parsed. */
export function registryOrigin(registry: string, insecure: boolean): URL {
  // Docker Hub's references name a host that has no API.
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const scheme = insecure || isLoopback(host) ? "http" : "https";
  return new URL(`${scheme}://${host}`);
}

/** As dockerd does: 127.0.0.0/8, ::1 and localhost need no TLS. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}

function accountFor(registry: string, credentials: Credentials = {}) {
  return Object.hasOwn(credentials, registry) ? credentials[registry] : undefined;
}

function isMethodRefusal(status: number | undefined): boolean {
  return status === 405 || status === 415 || status === 501;
}

function readTags({ body, url, status }: Answer): string[] {
  try {
    const { tags } = JSON.parse(body.toString("utf8")) as { tags?: unknown };
    if (tags === null || tags === undefined) return [];
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  } catch {
    // Reported below, with what is not a list.
  }
  throw new RegistryError({
    method: "GET",
    url,
    status,
    problem: 'expected JSON {"tags": […]}, got something else',
  });
}

/** `Link: </v2/…?last=x&n=y>; rel="next"` (RFC 5988), relative or absolute. */
function nextPage({ headers, url }: Answer): URL | undefined {
  const link = /<([^>]+)>\s*;[^,]*\brel="?next"?/i.exec(String(headers["link"] ?? ""))?.[1];
  return link !== undefined && URL.canParse(link, url.href) ? new URL(link, url) : undefined;
}
