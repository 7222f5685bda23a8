import { messageOf } from "../values/error-facts";
import type { Scope } from "./auth";
import type { Answer, Call, SessionOptions, StreamAnswer } from "./call";
import { digestOf, isDigest } from "./digest";
import {
  type Descriptor,
  INDEX_TYPE,
  LARGEST_MANIFEST,
  MANIFEST_TYPES,
  type Manifest,
  readManifest,
} from "./manifest";
import { readPages } from "./pages";
import { readReferrers, readTags } from "./registry-lists";
import { Session } from "./session";
import { Uploads } from "./uploads";
import { RegistryError } from "./wire/errors";

export interface RegistryClientArgs extends SessionOptions {
  /** What tokens are asked for. A writer asks for both at once, so that one token serves a whole copy. */
  access: "pull" | "pull,push";
}

export interface ManifestHead {
  digest: string;
  mediaType: string | undefined;
}

/** Answers of registries that know no HEAD. */
const NO_HEAD = [405, 501];

/** One registry, by the OCI distribution specification 1.0 (https://github.com/opencontainers/distribution-spec). */
export class RegistryClient {
  readonly registry: string;
  /** Uploads of blobs. */
  readonly uploads: Uploads;
  private readonly session: Session;

  constructor(private readonly args: RegistryClientArgs) {
    this.registry = args.registry;
    this.session = new Session(args);
    this.uploads = new Uploads(this.session, (...call) => this.call(...call));
  }

  /** What a tag or digest points to; undefined where there is no such manifest (or repository). */
  async headManifest(repository: string, reference: string): Promise<ManifestHead | undefined> {
    const call = this.manifestCall("HEAD", repository, reference, [200, 404, ...NO_HEAD]);
    const { status, headers } = await this.session.request(call);
    if (status === 404) return undefined;
    const digest = saidDigest(headers);
    if (status === 200 && digest !== undefined) return { digest, mediaType: headers["content-type"] };
    // The header is optional in the specification: the content itself tells.
    return this.findManifest(repository, reference);
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
    return asManifest(call, await this.session.request(call), reference, expected);
  }

  /** As `getManifest`; undefined where there is no such manifest. */
  async findManifest(
    repository: string,
    reference: string,
    expected: Partial<Manifest> = {},
  ): Promise<Manifest | undefined> {
    const call = { ...this.manifestCall("GET", repository, reference, [200, 404]), limit: LARGEST_MANIFEST };
    const answer = await this.session.request(call);
    return answer.status === 404 ? undefined : asManifest(call, answer, reference, expected);
  }

  /** Stores the bytes as they are, under a digest or a tag. */
  async putManifest(
    repository: string,
    reference: string,
    { mediaType, bytes, digest }: Pick<Manifest, "mediaType" | "bytes" | "digest">,
  ): Promise<void> {
    const call: Call = {
      ...this.manifestCall("PUT", repository, reference, [200, 201, 202, 204]),
      headers: { "content-type": mediaType },
      body: bytes,
    };
    if (bytes.length > LARGEST_MANIFEST)
      throw new RegistryError({
        ...call,
        problem: `a manifest of ${bytes.length} bytes, more than the ${LARGEST_MANIFEST} that registries take`,
      });
    const { headers, status } = await this.session.request(call);
    const stored = saidDigest(headers);
    if (stored === undefined || stored === digestOf(bytes, stored)) return;
    const problem = `the registry stored ${stored} where ${digest} was sent`;
    throw new RegistryError({ method: "PUT", url: call.url, status, problem });
  }

  /** Takes a manifest away, by its digest. @returns false where there is none @throws RegistryError, 405 where nobody may */
  async deleteManifest(repository: string, digest: string): Promise<boolean> {
    const call = this.manifestCall("DELETE", repository, digest, [200, 202, 204, 404]);
    return (await this.session.request(call)).status !== 404;
  }

  /** What the registry has of a blob: its size, where it tells that; undefined where it has no such blob. */
  async headBlob(repository: string, digest: string): Promise<{ size?: number } | undefined> {
    const url = this.blobUrl(repository, digest);
    const call = { ...this.call("HEAD", repository, url), expect: [200, 404, ...NO_HEAD] };
    let { status, headers } = await this.session.request(call);
    if (NO_HEAD.includes(status)) {
      const answer = await this.session.stream({ ...call, method: "GET", expect: [200, 404] });
      answer.stream.destroy();
      ({ status, headers } = answer);
    }
    if (status === 404) return undefined;
    const length = headers["content-length"];
    return length === undefined || !/^\d+$/.test(length) ? {} : { size: Number(length) };
  }

  /**
   * A blob's content from byte `start` on; the caller must read or destroy the stream, and check digest and size.
   * A status of 200 is the whole blob, whatever was asked for (RFC 9110, 14.2); 416 has none of it.
   */
  getBlob(repository: string, digest: string, start = 0): Promise<StreamAnswer> {
    const call = this.call("GET", repository, this.blobUrl(repository, digest));
    if (start === 0) return this.session.stream({ ...call, expect: [200] });
    return this.session.stream({
      ...call,
      headers: { range: `bytes=${start}-` },
      expect: [200, 206, 416],
    });
  }

  /** All tags of a repository, page by page; none where it does not exist. */
  async *listTags(repository: string, pageSize = 1000): AsyncGenerator<string> {
    const url = this.url(`${repository}/tags/list?n=${pageSize}`);
    const call = { ...this.call("GET", repository, url), expect: [200, 404] };
    for await (const answer of readPages(this.session, call, "tags"))
      if (answer.status === 200) yield* readTags(answer);
  }

  /**
   * What a registry's API lists as referring to a manifest (OCI distribution specification 1.1, "Listing
   * Referrers"); undefined where the registry has no such API.
   */
  async listReferrers(repository: string, digest: string): Promise<Descriptor[] | undefined> {
    const call = this.call("GET", repository, this.url(`${repository}/referrers/${digest}`));
    const found: Descriptor[] = [];
    // The specification has 404 for "no such API"; older registries and proxies say it in other ways.
    const expect = [200, 400, 404, 405, 501];
    const headers = { accept: INDEX_TYPE };
    for await (const answer of readPages(this.session, { ...call, headers, expect }, "referrers")) {
      // Some send a reader to a page of their site instead.
      const isPage = /^text\/html\b/.test(answer.headers["content-type"] ?? "");
      if (answer.status !== 200 || isPage) return undefined;
      found.push(...readReferrers(answer));
    }
    return found;
  }

  /** For messages too. */
  manifestUrl(repository: string, reference: string): URL {
    return this.url(`${repository}/manifests/${reference}`);
  }

  blobUrl(repository: string, digest: string): URL {
    return this.url(`${repository}/blobs/${digest}`);
  }

  close(): void {
    this.session.close();
  }

  private url(path: string): URL {
    return new URL(`/v2/${path}`, this.session.origin);
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
}

function asManifest(
  { url }: Call,
  { headers, body, status }: Answer,
  reference: string,
  expected: Partial<Manifest>,
): Manifest {
  const digest = reference.includes(":") ? reference : saidDigest(headers);
  try {
    return readManifest(body, headers["content-type"], { ...(digest && { digest }), ...expected });
  } catch (error) {
    throw new RegistryError({ method: "GET", url, status, problem: messageOf(error) });
  }
}

/** What a registry calls a manifest; undefined where it does not say it, or not in a way that is known here. */
function saidDigest(headers: Answer["headers"]): string | undefined {
  const said = headers["docker-content-digest"];
  return said !== undefined && isDigest(said) ? said : undefined;
}
