import { setMaxListeners } from "node:events";
import type { Credentials } from "./auth";
import { BlobCopier, type BlobCounts } from "./blob-copier";
import { RegistryClient } from "./client";
import { copyWith } from "./copy-steps";
import type { ReferrerCounts } from "./push-referrers";
import { formatReference, InvalidReference, parseReference, type Reference } from "./reference";
import { type ReferrerLoss, ReferrerLosses } from "./referrer-losses";
import type { TagChange } from "./tag";
import { UploadJournal } from "./upload-journal";

export interface CopyImageArgs {
  /** With a tag or a digest; where both are given the digest decides. */
  source: Reference | string;
  /** With a tag, which is set last; without one the image is there by digest only. A digest must be the source's. */
  target: Reference | string;
  /** Accounts by registry host, or host and path; registries without one are asked anonymously. */
  credentials?: Credentials | undefined;
  /** Registry hosts that are spoken to in plain http; loopback hosts always are. */
  insecure?: string[] | undefined;
  /** Loopback hosts that speak https all the same. */
  secure?: string[] | undefined;
  /** PEM of authorities that are trusted besides those that Node trusts anyway. */
  ca?: string | undefined;
  /** Let a tag that points to another digest be moved. @default false */
  moveTag?: boolean | undefined;
  /** Ask the source nothing where the target has the image whole, by the source's digest and the target's tag. @default false */
  ifMissing?: boolean | undefined;
  /** Copy what refers to the image, too: signatures, SBOMs, attestations, and what refers to those. @default true */
  referrers?: boolean | undefined;
  /** Let the copy fail where something of these is gone for good, or can't be kept at the target. @default false: it is told */
  strictReferrers?: boolean | undefined;
  /** Look at everything and write nothing. @default false */
  dryRun?: boolean | undefined;
  /** Large blobs on their way at once; of those below 1 MiB four times as many besides. @default 4 */
  concurrency?: number | undefined;
  /** Folder for notes of unfinished uploads; false: none. @default $XDG_STATE_HOME or ~/.local/state, /berth/uploads */
  journal?: string | false | undefined;
  /** Bytes; uploads of at least this size are gone on with after an interruption. @default 32 MiB */
  resumeFrom?: number | undefined;
  /** Milliseconds before the second attempt after a temporary failure; doubled each time. @default 250 */
  retryDelay?: number | undefined;
  /** Called often: for each piece of a blob. */
  onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** On an abort, uploads on their way get a few seconds to end so that another run can go on with them. */
  signal?: AbortSignal | undefined;
}

export type CopyStage = "resolve" | "check" | "blobs" | "manifests" | "verify" | "tag" | "done";

export interface CopyProgress {
  stage: CopyStage;
  blobs: number;
  blobsDone: number;
  /** Bytes of all blobs, and of those that are at the target by now. */
  bytes: number;
  bytesDone: number;
}

export interface CopyResult {
  /** By digest: "gitlab.example.com:5050/team/blog@sha256:…". */
  source: string;
  /** As wished, with the digest: "nexus.example.com:8082/team/blog:1.0@sha256:…". */
  target: string;
  digest: string;
  mediaType: string;
  /** Those of the referrers as well. */
  blobs: BlobCounts;
  /** The image's own; `missing` in a dry run only. */
  manifests: { total: number; present: number; copied: number; missing: number };
  /** All 0 where they were not to be copied. */
  referrers: ReferrerCounts;
  /**
   * What is not at the target, or not found there by who looks for it, for good; in a dry run what is gone at the source. Absent
   * where nothing is lost.
   */
  lost?: ReferrerLoss[];
  /** In a dry run, what would be done. */
  tag: TagChange;
  dryRun: boolean;
}

export const DEFAULT_CONCURRENCY = 4;
// In one piece a blob costs a round trip less and a twentieth of the time, and a smaller one is soon sent again.
const RESUME_FROM = 32 * 1024 * 1024;
/** Milliseconds that uploads get to end in good order; job runners kill what goes on for ten seconds. */
const GRACE = 5_000;

/**
 * Copies an image or an index from one registry to another without changing a byte: blobs, then manifests
 * (children before their index), then what refers to them, then a check at the target, then the tag.
 * @throws InvalidReference for what is no image reference; TagConflict for a tag in use; RegistryError otherwise;
 *   `signal`'s reason where that was aborted.
 */
export async function copyImage(args: CopyImageArgs): Promise<CopyResult> {
  const source = asReference(args.source);
  const target = asReference(args.target);
  const wanted = source.digest ?? source.tag;
  if (wanted === undefined)
    throw new InvalidReference(
      `image reference "${formatReference(source)}": expected a tag or a digest to copy`,
    );
  const stopping = stopsFor(args.signal, () => blobs.isWorthWaitingFor);
  const { stop, late } = stopping;
  const client = (
    { registry, repository }: Reference,
    access: "pull" | "pull,push",
    { signal }: AbortController,
  ) =>
    new RegistryClient({
      ...{ registry, repository, access, signal },
      ...{ credentials: args.credentials, retryDelay: args.retryDelay },
      ...{
        insecure: args.insecure?.includes(registry),
        secure: args.secure?.includes(registry),
        ca: args.ca,
      },
    });
  const from = client(source, "pull", stop);
  const to = client(target, args.dryRun ? "pull" : "pull,push", late);
  const blobs = new BlobCopier({
    ...{ source: from, target: to, from: source, to: target, stop, signal: stop.signal },
    ...{ retryDelay: args.retryDelay, onProgress: args.onProgress },
    concurrency: args.concurrency ?? DEFAULT_CONCURRENCY,
    journal: new UploadJournal(args.journal),
    resumeFrom: args.resumeFrom ?? RESUME_FROM,
  });
  try {
    const losses = new ReferrerLosses(args.strictReferrers ?? false, stop);
    return await copyWith({ args, source, target, wanted, from, to, stop, blobs, losses });
  } finally {
    stopping.end();
    from.close();
    to.close();
  }
}

/**
 * `stop` ends what reads, at the caller's wish or at the first failure; `late`, a little later, what writes: an
 * upload whose source has ended closes in good order, so that its registry knows how far it came.
 */
function stopsFor(signal: AbortSignal | undefined, isWorthWaiting: () => boolean) {
  const stop = new AbortController();
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => stop.abort(signal?.reason);
  stop.signal.addEventListener("abort", () => {
    timer = setTimeout(() => late.abort(stop.signal.reason), isWorthWaiting() ? GRACE : 0);
  });
  signal?.throwIfAborted();
  signal?.addEventListener("abort", onAbort);
  setMaxListeners(0, stop.signal, late.signal);
  const end = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  return { stop, late, end };
}

function asReference(reference: Reference | string): Reference {
  // An object may be made by hand, so that it takes the same checks.
  return parseReference(typeof reference === "string" ? reference : formatReference(reference));
}
