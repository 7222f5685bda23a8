import { isTemporary, pause } from "../../http/retrying";
import type { RegistryClient } from "../client";
import type { Descriptor } from "../manifest";
import type { Reference } from "../reference";
import { registryPolicy } from "../session";
import type { Upload } from "../uploads";
import { RegistryError } from "../wire/errors";
import { BlobReader, WrongContent } from "./blob-reader";
import type { UploadJournal } from "./upload-journal";

export interface BlobTransferArgs {
  source: RegistryClient;
  target: RegistryClient;
  from: Reference;
  to: Reference;
  journal: UploadJournal;
  /** Bytes; blobs of at least this size are sent so that their upload can be gone on with. */
  resumeFrom: number;
  signal?: AbortSignal | undefined;
  retryDelay?: number | undefined;
}

/** How a blob came to be at the target. */
export type Brought = "present" | "mounted" | "copied";

// An upload that was interrupted is gone on with in pieces of known length, as the specification wants it.
const CHUNK = 64 * 1024 * 1024;

/** One blob on its way, over as many attempts as that takes: the next one goes on where the last one came to. */
export class BlobTransfer {
  /** Bytes that an earlier process had sent. */
  resumed = 0;
  private readonly reader: BlobReader;
  private upload: Upload | undefined;
  /** Was any of it sent over a connection that broke? Then the registry may have got another number of bytes. */
  private joined = false;

  constructor(
    private readonly args: BlobTransferArgs,
    private readonly blob: Descriptor,
    onPosition: (position: number) => void,
  ) {
    const { source: client, from, signal, retryDelay } = args;
    const { repository } = from;
    this.reader = new BlobReader({ client, repository, blob, signal, retryDelay, onPosition });
  }

  get isResumable(): boolean {
    return this.blob.size >= this.args.resumeFrom && this.args.target.uploads.areResumable;
  }

  /** @param distrust content is sent whatever the registry says that it has: nothing is mounted. */
  async bring(distrust: boolean): Promise<Brought> {
    const { target, to, signal } = this.args;
    const policy = registryPolicy(this.args);
    for (let number = 1; ; number++) {
      try {
        return await this.attempt(distrust);
      } catch (error) {
        if (!(error instanceof RegistryError) || signal?.aborted) throw error;
        // Another job may have brought it: repositories without redeployment then refuse ours.
        const isThere = async () =>
          isWhole(await target.headBlob(to.repository, this.blob.digest), this.blob);
        if (!distrust && isUploadRefusal(error) && (await isThere())) {
          await this.abandon();
          return "present";
        }
        if (!(isTemporary(error, policy) || isLostUpload(error)) || number >= policy.attempts) throw error;
        await this.failed(error);
        await pause(error, number, policy, signal);
      }
    }
  }

  /** After the last attempt: what another run can go on with is left for it, anything else is given up. */
  async giveUp(error: unknown): Promise<void> {
    const { journal, signal } = this.args;
    if (this.upload === undefined) return;
    const keep = this.isResumable && (signal?.aborted || isWorthKeeping(error));
    if (keep) await journal.release(this.key, this.upload);
    else await this.abandon();
  }

  private async attempt(fresh: boolean): Promise<"mounted" | "copied"> {
    try {
      const upload = (await this.goOn()) ?? (await this.begin(fresh));
      if (upload === "mounted") return "mounted";
      this.upload = upload;
      if (this.isResumable) await this.sendOn(upload);
      else await this.sendWhole(upload);
      return "copied";
    } finally {
      await this.reader.close();
    }
  }

  /** After a failed attempt that another one follows. */
  private async failed(error: RegistryError): Promise<void> {
    // Nobody goes on with it; where no answer came, the registry can't be told.
    if (!this.isResumable && error.status !== undefined) await this.abandon();
  }

  /** Gives the upload up, so that the registry need not keep its half. */
  private async abandon(): Promise<void> {
    const { target, to, journal, signal } = this.args;
    const { upload } = this;
    this.upload = undefined;
    await journal.forget(this.key);
    if (upload === undefined || signal?.aborted) return;
    // A courtesy: what comes of it changes nothing, and the failure that led here is the one to be told.
    await target.uploads.cancel(to.repository, upload).catch(() => undefined);
  }

  private get key() {
    const { registry, repository } = this.args.to;
    return { registry, repository, digest: this.blob.digest };
  }

  /** An upload that was begun before, in this process or another one, at the place where the registry says it is. */
  private async goOn(): Promise<Upload | undefined> {
    if (!this.isResumable) return undefined;
    const { target, to, journal } = this.args;
    const own = this.upload;
    this.upload = undefined;
    const known = own ?? (await journal.take(this.key));
    if (known === undefined) return undefined;
    const upload = await target.uploads.position(to.repository, known);
    if (upload === undefined || upload.offset > this.blob.size) {
      await journal.forget(this.key);
      return undefined;
    }
    if (own === undefined) this.resumed = upload.offset;
    this.joined = true;
    return upload;
  }

  private async begin(fresh: boolean): Promise<Upload | "mounted"> {
    const { target, from, to } = this.args;
    this.joined = false;
    this.resumed = 0;
    this.reader.restart();
    const mounts = !fresh && from.registry === to.registry && from.repository !== to.repository;
    if (!mounts) this.reader.open();
    return target.uploads.start(to.repository, this.blob.digest, mounts ? from.repository : undefined);
  }

  private async sendWhole(upload: Upload): Promise<void> {
    const { target, to } = this.args;
    await target.uploads.send(to.repository, upload, this.blob, this.reader.read(0));
  }

  private async sendOn(upload: Upload): Promise<void> {
    const { target, to, journal } = this.args;
    const { size, digest } = this.blob;
    let at = upload.offset ?? 0;
    await journal.save(this.key, upload);
    while (at < size) {
      const end = at === 0 ? size : Math.min(size, at + CHUNK);
      const content = this.reader.read(at, { end, gently: at === 0 });
      const range = { start: at, ...(at === 0 ? {} : { end }) };
      const next = await target.uploads.append(to.repository, this.upload ?? upload, content, range);
      this.upload = next;
      await journal.save(this.key, next);
      // The stream was ended early, and the registry keeps what it has.
      if (this.reader.failure !== undefined) throw this.reader.failure;
      const { offset = end } = next;
      if (offset <= at || offset > size) throw this.outOfStep(next.location);
      at = offset;
    }
    await this.finish(this.upload ?? upload, digest);
    await journal.forget(this.key);
  }

  private async finish(upload: Upload, digest: string): Promise<void> {
    const { target, to, journal } = this.args;
    try {
      await target.uploads.finish(to.repository, upload, digest);
    } catch (error) {
      if (!this.joined || !isMismatch(error)) throw error;
      // What was joined is not the blob; sent in one go it will be.
      this.upload = undefined;
      await journal.forget(this.key);
      const { message: problem } = error;
      throw new RegistryError({
        method: "PUT",
        url: upload.location,
        problem,
        temporary: true,
        cause: error,
      });
    }
  }

  private outOfStep(url: URL): RegistryError {
    this.upload = undefined;
    const problem = "the registry lost count of an upload's bytes";
    return new RegistryError({ method: "PATCH", url, problem, temporary: true });
  }
}

/** Is it there, and of the size that its descriptor says, where the registry tells one? (Some proxies say 0 of all.) */
export function isWhole(head: { size?: number } | undefined, { size }: Descriptor): boolean {
  return head !== undefined && (!head.size || head.size === size);
}

/** Refusals at the target that may mean "somebody else was first"; missing rights never do. */
function isUploadRefusal({ method, status }: RegistryError): boolean {
  return method !== "GET" && status !== 401 && status !== 403;
}

/** The registry forgot a started upload, or is elsewhere in it (a restart, several replicas): a new one may do. */
function isLostUpload({ code, status }: RegistryError): boolean {
  return code === "BLOB_UPLOAD_UNKNOWN" || code === "BLOB_UPLOAD_INVALID" || status === 416;
}

/** Refusals of a closing PUT that may be about its content; distribution 2.8 answers a wrong digest with 500. */
function isMismatch(error: unknown): error is RegistryError {
  return error instanceof RegistryError && [400, 404, 409, 416, 500].includes(error.status ?? 0);
}

/** What the target refused will be refused again, and a full disk is better off without it. */
function isWorthKeeping(error: unknown): boolean {
  if (error instanceof WrongContent) return false;
  return !(error instanceof RegistryError) || error.temporary || error.method === "GET";
}
