import type { Answer, Call } from "./call";
import type { Session } from "./session";
import { RegistryError } from "./wire/errors";

/** A started upload: where its content goes, and how many bytes of it the registry has. */
export interface Upload {
  location: URL;
  offset?: number;
}

interface Blob {
  digest: string;
  size: number;
}

/** A call of this repository, with the rights that it needs. */
type MakeCall = (method: Call["method"], repository: string, url: URL) => Omit<Call, "expect">;

/** Answers to content. The specification has one for each request; registries give others of these (pulp_container 2199). */
const TAKEN = [200, 201, 202, 204];
const BYTES = { "content-type": "application/octet-stream" };
const NOTHING = Buffer.alloc(0);

/** Uploads of blobs to one registry (OCI distribution specification 1.1, "Pushing blobs"). */
export class Uploads {
  // Some registries take no content in the closing PUT, others no stream; found out once, then kept to.
  private patches = false;
  private streams = true;

  constructor(
    private readonly session: Session,
    private readonly call: MakeCall,
  ) {}

  /** Can an upload be interrupted and gone on with? Until the registry has refused it, yes. */
  get areResumable(): boolean {
    return this.streams;
  }

  /**
   * Starts an upload; with `from`, asks first to mount the blob from that repository of the same registry.
   * @returns "mounted", or where to send the content.
   */
  async start(repository: string, digest: string, from?: string): Promise<Upload | "mounted"> {
    const url = new URL(`/v2/${repository}/blobs/uploads/`, this.session.origin);
    const call = { ...this.call("POST", repository, url), body: NOTHING };
    if (from === undefined) return uploadAt(call, await this.session.request({ ...call, expect: [202] }));
    const mount = { ...call, url: new URL(url), scopes: [...call.scopes, `repository:${from}:pull`] };
    mount.url.searchParams.set("mount", digest);
    mount.url.searchParams.set("from", from);
    const answer = await this.session.request({ ...mount, expect: [201, 202] }).catch(unlessRefused);
    if (answer === undefined) return this.start(repository, digest);
    if (answer.status === 201) return "mounted";
    return uploadAt(mount, answer);
  }

  /**
   * Sends a blob in one piece. A registry that takes no content in the closing PUT is remembered, and the error is
   * temporary: with a new stream the next attempt sends it by PATCH.
   */
  async send(repository: string, upload: Upload, blob: Blob, content: AsyncIterable<Buffer>): Promise<void> {
    const headers = { ...BYTES, "content-length": String(blob.size) };
    if (this.patches) {
      const call: Call = { ...this.call("PATCH", repository, upload.location), expect: TAKEN };
      const answer = await this.session.request({ ...call, headers, body: content });
      return this.finish(repository, movedTo(call, answer, upload), blob.digest);
    }
    const url = closing(upload, blob.digest);
    try {
      await this.session.request({
        ...this.call("PUT", repository, url),
        headers,
        body: content,
        expect: TAKEN,
      });
    } catch (error) {
      if (!isRefusedWay(error)) throw error;
      this.patches = true;
      throw otherWay("PUT", url, "refused in one piece", error);
    }
  }

  /**
   * Sends what follows the first `start` bytes. With an `end` (exclusive) it is a chunk of known length; without, a
   * stream that may end at any time, as `docker push` sends it, and the next one goes on there.
   * @returns where to go on; the offset is the registry's own word, where it says one.
   */
  async append(
    repository: string,
    upload: Upload,
    content: AsyncIterable<Buffer>,
    { start, end }: { start: number; end?: number },
  ): Promise<Upload> {
    const call: Call = { ...this.call("PATCH", repository, upload.location), expect: TAKEN };
    const range = {
      "content-range": `${start}-${(end ?? 0) - 1}`,
      "content-length": `${(end ?? 0) - start}`,
    };
    const headers = { ...BYTES, ...(end === undefined ? {} : range) };
    try {
      const answer = await this.session.request({ ...call, headers, body: content });
      return { ...movedTo(call, answer, upload), ...offsetOf(answer) };
    } catch (error) {
      if (end !== undefined || !isRefusedWay(error)) throw error;
      this.streams = false;
      throw otherWay("PATCH", upload.location, "refused as a stream", error);
    }
  }

  /** Where the registry is with an upload; undefined where it knows none such, or can't be asked. */
  async position(repository: string, upload: Upload): Promise<Required<Upload> | undefined> {
    const call: Call = { ...this.call("GET", repository, upload.location), expect: [200, 202, 204] };
    try {
      const answer = await this.session.request(call);
      const { offset } = offsetOf(answer);
      if (offset === undefined) return undefined;
      return { ...movedTo(call, answer, upload), offset };
    } catch (error) {
      // Whatever its answer is, the upload can't be gone on with, and a new one will meet what is wrong.
      if (error instanceof RegistryError) return undefined;
      throw error;
    }
  }

  /** Closes an upload: the registry checks the digest of all that it has. */
  async finish(repository: string, upload: Upload, digest: string): Promise<void> {
    const call = this.call("PUT", repository, closing(upload, digest));
    await this.session.request({ ...call, body: NOTHING, expect: TAKEN });
  }

  /** Gives an upload up, so that the registry need not keep its half. */
  async cancel(repository: string, { location }: Upload): Promise<void> {
    await this.session.request({
      ...this.call("DELETE", repository, location),
      expect: [200, 202, 204, 404],
    });
  }
}

function closing({ location }: Upload, digest: string): URL {
  const url = new URL(location);
  url.searchParams.set("digest", digest);
  return url;
}

function uploadAt(call: { method: string; url: URL }, { headers, status }: Answer): Upload {
  const { location = "" } = headers;
  if (location !== "" && URL.canParse(location, call.url.href))
    return { location: new URL(location, call.url) };
  const problem = "the registry started an upload without saying where (Location)";
  throw new RegistryError({ method: call.method, url: call.url, status, problem });
}

/** Where to go on with an upload: where it was, unless the answer names another place. */
function movedTo(call: { method: string; url: URL }, answer: Answer, { location }: Upload): Upload {
  return answer.headers["location"] === undefined ? { location } : uploadAt(call, answer);
}

/** `Range: 0-<last byte>`; "0-0" is said of nothing as well as of one byte, and taken for nothing. */
function offsetOf({ headers }: Answer): { offset?: number } {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(String(headers["range"] ?? ""))?.[1];
  if (last === undefined) return {};
  return { offset: last === "0" ? 0 : Number(last) + 1 };
}

/** Registries refuse a mount in many ways, and token servers the right to it; each leaves the plain upload, which tells what is wrong. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof RegistryError) || error.status === undefined) throw error;
}

/** Not this way, as opposed to not this content. */
function isRefusedWay(error: unknown): error is RegistryError {
  return error instanceof RegistryError && [405, 411, 415, 501].includes(error.status ?? 0);
}

function otherWay(method: string, url: URL, problem: string, cause: RegistryError): RegistryError {
  return new RegistryError({ method, url, status: cause.status, problem, temporary: true, cause });
}
