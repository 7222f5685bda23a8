import type { RegistryClient, Upload } from "./client";
import type { CopyProgress, CopyStage } from "./copy";
import { RegistryError } from "./errors";
import type { Descriptor, Manifest } from "./manifest";
import type { Reference } from "./reference";
import { runLimited } from "./run-limited";
import { DEFAULT_RETRIES, isTemporary, pause } from "./session";
import { connectionError } from "./transport";
import { VerifiedStream } from "./verified-stream";

export interface BlobCopierArgs {
  source: RegistryClient;
  target: RegistryClient;
  from: Reference;
  to: Reference;
  concurrency: number;
  stop: AbortController;
  /** Aborted by the caller or by `stop`. */
  signal?: AbortSignal | undefined;
  retryDelay?: number | undefined;
  onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/** Blobs of all manifests, each counted once; `bytes` are the sizes in their descriptors. */
export interface BlobCounts {
  total: number;
  /** At the target before, or sent there by another job meanwhile. */
  present: number;
  /** Taken over inside the target registry from the source repository. */
  mounted: number;
  copied: number;
  /** Not at the target (dry run only: otherwise all are in the end). */
  missing: number;
  bytes: number;
  bytesCopied: number;
  bytesMissing: number;
}

type Way = "present" | "mounted" | "copied";

/** Brings the blobs of an image to the target, several at once. */
export class BlobCopier {
  readonly concurrency: number;
  private readonly ways = new Map<string, Way>();
  private blobs: Descriptor[] = [];
  private missing: Descriptor[] = [];
  private stage: CopyStage = "resolve";
  private bytesDone = 0;

  constructor(private readonly args: BlobCopierArgs) {
    this.concurrency = args.concurrency;
  }

  /** Asks the target what it has. @returns the manifests that it lacks, in the given order. */
  async plan(manifests: Manifest[]): Promise<Manifest[]> {
    const { target, to, stop, concurrency } = this.args;
    const lacks = async ({ digest }: Manifest) =>
      (await target.headManifest(to.repository, digest)) === undefined;
    const lacking = await runLimited(manifests, concurrency, stop, lacks);
    const missing = manifests.filter((_, i) => lacking[i]);
    this.blobs = distinct(manifests.flatMap(({ blobs }) => blobs));
    // A registry takes a manifest only with all its blobs, so those of a present one need no question.
    for (const { blobs } of manifests.filter((_, i) => !lacking[i])) this.arrived(blobs, "present");
    const unsure = this.blobs.filter(({ digest }) => !this.ways.has(digest));
    const has = await runLimited(unsure, concurrency, stop, ({ digest }) =>
      target.hasBlob(to.repository, digest),
    );
    this.arrived(
      unsure.filter((_, i) => has[i]),
      "present",
    );
    this.missing = unsure.filter((_, i) => !has[i]);
    return missing;
  }

  async copyAll(): Promise<void> {
    this.report("blobs");
    // The largest first, so that no long one is left over alone at the end.
    const queue = [...this.missing].sort((a, b) => b.size - a.size);
    await runLimited(queue, this.concurrency, this.args.stop, async (blob) => {
      this.ways.set(blob.digest, await this.bring(blob));
      this.report("blobs");
    });
    this.missing = [];
  }

  /** Sends blobs without asking whether they are there. */
  async sendAgain(blobs: Descriptor[]): Promise<void> {
    for (const blob of blobs) {
      // It was counted when it seemed to be there.
      this.bytesDone -= blob.size;
      this.ways.set(blob.digest, await this.bring(blob, true));
    }
  }

  counts(): BlobCounts {
    const by = (way: Way) => this.blobs.filter(({ digest }) => this.ways.get(digest) === way);
    const copied = by("copied");
    return {
      total: this.blobs.length,
      present: by("present").length,
      mounted: by("mounted").length,
      copied: copied.length,
      missing: this.missing.length,
      bytes: sizeOf(this.blobs),
      bytesCopied: sizeOf(copied),
      bytesMissing: sizeOf(this.missing),
    };
  }

  report(stage: CopyStage): void {
    this.stage = stage;
    const { length: blobs } = this.blobs;
    const blobsDone = this.ways.size;
    this.args.onProgress?.({ stage, blobs, blobsDone, bytes: sizeOf(this.blobs), bytesDone: this.bytesDone });
  }

  /** One blob to the target, however many attempts that takes. */
  private async bring(blob: Descriptor, distrust = false): Promise<Way> {
    const { target, to, signal } = this.args;
    for (let failures = 0; ; failures++) {
      let sent = 0;
      const count = (bytes: number) => {
        sent += bytes;
        this.bytesDone += bytes;
        this.report(this.stage);
      };
      try {
        const way = await this.attempt(blob, distrust, count);
        this.bytesDone += blob.size - sent;
        return way;
      } catch (error) {
        this.bytesDone -= sent;
        if (!(error instanceof RegistryError) || signal?.aborted) throw error;
        // Another job may have brought it: repositories without redeployment then refuse ours.
        if (!distrust && isUploadRefusal(error) && (await target.hasBlob(to.repository, blob.digest))) {
          this.bytesDone += blob.size;
          return "present";
        }
        if (!(isTemporary(error) || isLostUpload(error)) || failures >= DEFAULT_RETRIES) throw error;
        await pause(error, failures, this.args);
      }
    }
  }

  private async attempt(blob: Descriptor, distrust: boolean, count: (bytes: number) => void): Promise<Way> {
    const { source, target, from, to } = this.args;
    const mount = !distrust && from.registry === to.registry && from.repository !== to.repository;
    const upload = await target.startUpload(to.repository, blob.digest, mount ? from.repository : undefined);
    if (upload === "mounted") return "mounted";
    try {
      const answer = await source.getBlob(from.repository, blob.digest);
      const content = new VerifiedStream(blob, answer.url, count);
      // `pipe` passes neither errors nor a receiver's end on; `pipeline` would pass Node's bare error.
      answer.stream.once("error", (error) =>
        content.destroy(connectionError({ method: "GET", url: answer.url }, error)),
      );
      content.once("close", () => answer.stream.destroy());
      answer.stream.pipe(content);
      await target.upload(to.repository, upload, blob, content);
      return "copied";
    } catch (error) {
      await this.giveUp(upload, error);
      throw error;
    }
  }

  /** A courtesy: what comes of it changes nothing, and the failure that led here is the one to be told. */
  private async giveUp(upload: Upload, error: unknown): Promise<void> {
    const { target, to, signal } = this.args;
    if (signal?.aborted || isLostUpload(error)) return;
    await target.cancelUpload(to.repository, upload).catch(() => undefined);
  }

  private arrived(blobs: Descriptor[], way: Way): void {
    for (const { digest, size } of blobs) {
      if (!this.ways.has(digest)) this.bytesDone += size;
      this.ways.set(digest, way);
    }
  }
}

/** Refusals at the target that may mean "somebody else was first"; missing rights never do. */
function isUploadRefusal({ method, status }: RegistryError): boolean {
  return method !== "GET" && status !== 401 && status !== 403;
}

/** The registry forgot a started upload (a restart, several replicas): a new one may do. */
function isLostUpload(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    (error.code === "BLOB_UPLOAD_UNKNOWN" || error.code === "BLOB_UPLOAD_INVALID")
  );
}

function sizeOf(blobs: Descriptor[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}

function distinct(blobs: Descriptor[]): Descriptor[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
