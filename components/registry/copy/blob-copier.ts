import type { Descriptor, Manifest } from "../manifest";
import type { RegistryError } from "../wire/errors";
import { BlobTransfer, type BlobTransferArgs, type Brought, isWhole } from "./blob-transfer";
import type { BlobCounts, CopyProgress, CopyStage } from "./copy-progress";
import { isGone } from "./referrer-losses";
import { runLanes, runLimited } from "./run-limited";

export interface BlobCopierArgs extends BlobTransferArgs {
  /** Large blobs on their way at once. */
  concurrency: number;
  stop: AbortController;
  onProgress?: ((progress: CopyProgress) => void) | undefined;
}

type Way = Brought | "lost";

/** Bytes. Below, a blob costs its round trips rather than its transfer, so that more of them go at once. */
const SMALL = 1024 * 1024;
const SMALL_PER_LARGE = 4;

/** Brings the blobs of an image to the target, several at once. */
export class BlobCopier {
  private readonly ways = new Map<string, Way>();
  private readonly blobs = new Map<string, Descriptor>();
  private missing: Descriptor[] = [];
  private stage: CopyStage = "resolve";
  private bytes = 0;
  private bytesDone = 0;
  private bytesResumed = 0;
  private readonly underway = new Set<BlobTransfer>();

  constructor(private readonly args: BlobCopierArgs) {}

  /** Requests without content that may be on their way at once. */
  get questions(): number {
    return this.args.concurrency * SMALL_PER_LARGE;
  }

  /** Is anything on its way that another run could go on with, if it ends in good order? */
  get isWorthWaitingFor(): boolean {
    return [...this.underway].some(({ isResumable }) => isResumable);
  }

  /** Asks the target what it has of these manifests' blobs; each is asked for once, however often this is called. */
  async plan(manifests: Manifest[]): Promise<void> {
    const { target, to, stop } = this.args;
    const unsure: Descriptor[] = [];
    for (const blob of manifests.flatMap(({ blobs }) => blobs)) {
      if (this.blobs.has(blob.digest)) continue;
      this.blobs.set(blob.digest, blob);
      this.bytes += blob.size;
      unsure.push(blob);
    }
    const heads = await runLimited(unsure, this.questions, stop, ({ digest }) =>
      target.headBlob(to.repository, digest),
    );
    for (const [i, blob] of unsure.entries())
      if (isWhole(heads[i], blob)) this.arrived(blob);
      else this.missing.push(blob);
  }

  /** @param mayLose asked where the source has no such blob: whether to go on without it */
  async copyAll(mayLose: (blob: Descriptor, error: RegistryError) => boolean): Promise<void> {
    this.report("blobs");
    // The largest first, so that no long one is left over alone at the end.
    const queue = [...this.missing].sort((a, b) => b.size - a.size);
    const { concurrency, stop } = this.args;
    const lanes = [
      { items: queue.filter(({ size }) => size >= SMALL), limit: concurrency },
      { items: queue.filter(({ size }) => size < SMALL), limit: concurrency * SMALL_PER_LARGE },
    ];
    await runLanes(lanes, stop, async (blob) => {
      try {
        this.ways.set(blob.digest, await this.bring(blob));
      } catch (error) {
        if (!isGone(error) || !mayLose(blob, error)) throw error;
        this.ways.set(blob.digest, "lost");
        this.bytes -= blob.size;
      }
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

  /** Those of the blobs written in this run that the target turns out not to have; the others were asked for before. */
  async findLost(): Promise<Descriptor[]> {
    const { target, to, stop } = this.args;
    const written = [...this.blobs.values()].filter(({ digest }) =>
      ["mounted", "copied"].includes(this.ways.get(digest) ?? ""),
    );
    const heads = await runLimited(written, this.questions, stop, ({ digest }) =>
      target.headBlob(to.repository, digest),
    );
    return written.filter((blob, i) => !isWhole(heads[i], blob));
  }

  counts(): BlobCounts {
    const all = [...this.blobs.values()];
    const by = (way: Way) => all.filter(({ digest }) => this.ways.get(digest) === way);
    const copied = by("copied");
    return {
      total: all.length,
      present: by("present").length,
      mounted: by("mounted").length,
      copied: copied.length,
      missing: this.missing.length,
      bytes: this.bytes,
      bytesCopied: sizeOf(copied),
      bytesMissing: sizeOf(this.missing),
      bytesResumed: this.bytesResumed,
    };
  }

  report(stage: CopyStage): void {
    this.stage = stage;
    const [blobs, blobsDone] = [this.blobs.size, this.ways.size];
    this.args.onProgress?.({ stage, blobs, blobsDone, bytes: this.bytes, bytesDone: this.bytesDone });
  }

  /** One blob to the target, however many attempts that takes. */
  private async bring(blob: Descriptor, distrust = false): Promise<Way> {
    let counted = 0;
    const count = (position: number) => {
      this.bytesDone += Math.min(position, blob.size) - counted;
      counted = Math.min(position, blob.size);
      this.report(this.stage);
    };
    const transfer = new BlobTransfer(this.args, blob, count);
    this.underway.add(transfer);
    try {
      const way = await transfer.bring(distrust);
      this.bytesDone += blob.size - counted;
      if (way === "copied") this.bytesResumed += transfer.resumed;
      return way;
    } catch (error) {
      this.bytesDone -= counted;
      await transfer.giveUp(error);
      throw error;
    } finally {
      this.underway.delete(transfer);
    }
  }

  private arrived(blob: Descriptor): void {
    this.bytesDone += blob.size;
    this.ways.set(blob.digest, "present");
  }
}

function sizeOf(blobs: Descriptor[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
