import { setMaxListeners } from "node:events";
import type { Credentials } from "./auth";
import { BlobCopier, type BlobCounts } from "./blob-copier";
import { RegistryClient } from "./client";
import { RegistryError } from "./errors";
import { readImage } from "./image-tree";
import type { Manifest } from "./manifest";
import { pushManifests } from "./push-manifests";
import { formatReference, InvalidReference, parseReference, type Reference } from "./reference";
import { checkTag, setTag, type TagChange } from "./tag";

export interface CopyImageArgs {
  /** With a tag or a digest; where both are given the digest decides. */
  source: Reference | string;
  /** With a tag, which is set last; without one the image is there by digest only. A digest must be the source's. */
  target: Reference | string;
  /** Accounts by registry host; registries without one are asked anonymously. */
  credentials?: Credentials | undefined;
  /** Registry hosts that are spoken to in plain http; loopback hosts always are. */
  insecure?: string[] | undefined;
  /** Let a tag that points to another digest be moved. @default false */
  moveTag?: boolean | undefined;
  /** Look at everything and write nothing. @default false */
  dryRun?: boolean | undefined;
  /** Blobs on their way at once. @default 4 */
  concurrency?: number | undefined;
  /** Milliseconds before the second attempt after a temporary failure; doubled each time. @default 250 */
  retryDelay?: number | undefined;
  /** Called often: for each piece of a blob. */
  onProgress?: ((progress: CopyProgress) => void) | undefined;
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
  blobs: BlobCounts;
  /** `missing` in a dry run only. */
  manifests: { total: number; present: number; copied: number; missing: number };
  /** In a dry run, what would be done. */
  tag: TagChange;
  dryRun: boolean;
}

export const DEFAULT_CONCURRENCY = 4;

/**
 * Copies an image or an index from one registry to another without changing a byte: blobs, then manifests
 * (children before their index), then a check at the target, then the tag.
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
  const stop = new AbortController();
  const signal = args.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, args.signal]);
  setMaxListeners(0, signal);
  const common = { credentials: args.credentials, signal, retryDelay: args.retryDelay };
  const client = (registry: string, access: "pull" | "pull,push") =>
    new RegistryClient({ ...common, registry, access, insecure: args.insecure?.includes(registry) });
  const from = client(source.registry, "pull");
  const to = client(target.registry, args.dryRun ? "pull" : "pull,push");
  try {
    return await copy({ args: { ...args, signal }, source, target, wanted, from, to, stop });
  } finally {
    from.close();
    to.close();
  }
}

interface Copy {
  /** Its signal is the caller's and `stop`'s. */
  args: CopyImageArgs;
  source: Reference;
  target: Reference;
  wanted: string;
  from: RegistryClient;
  to: RegistryClient;
  /** Ends everything on its way when one part has failed. */
  stop: AbortController;
}

async function copy({ args, source, target, wanted, from, to, stop }: Copy): Promise<CopyResult> {
  const concurrency = args.concurrency ?? DEFAULT_CONCURRENCY;
  const blobs = new BlobCopier({
    ...args,
    concurrency,
    source: from,
    target: to,
    from: source,
    to: target,
    stop,
  });
  blobs.report("resolve");
  const image = await readImage({
    client: from,
    repository: source.repository,
    reference: wanted,
    concurrency,
    stop,
  });
  checkDigest(image.root, target);
  const tag = {
    client: to,
    repository: target.repository,
    tag: target.tag,
    root: image.root,
    move: args.moveTag,
  };
  blobs.report("check");
  // Early, so that nothing is sent for a tag that is refused at the end.
  const planned = await checkTag(tag);
  const missing = await blobs.plan(image.manifests);
  const total = image.manifests.length;
  const result = {
    source: formatReference({ ...source, tag: undefined, digest: image.root.digest }),
    target: formatReference({ ...target, digest: image.root.digest }),
    digest: image.root.digest,
    mediaType: image.root.mediaType,
  };
  const counts = { total, present: total - missing.length };
  if (args.dryRun) {
    const manifests = { ...counts, copied: 0, missing: missing.length };
    return { ...result, blobs: blobs.counts(), manifests, tag: planned, dryRun: true };
  }
  await blobs.copyAll();
  const copied = await pushManifests({
    client: to,
    repository: target.repository,
    manifests: missing,
    blobs,
    stop,
  });
  blobs.report("tag");
  const change = await setTag(tag);
  blobs.report("done");
  const manifests = { total, present: total - copied, copied, missing: 0 };
  return { ...result, blobs: blobs.counts(), manifests, tag: change, dryRun: false };
}

function asReference(reference: Reference | string): Reference {
  // An object may be made by hand, so that it takes the same checks.
  return parseReference(typeof reference === "string" ? reference : formatReference(reference));
}

function checkDigest(root: Manifest, target: Reference): void {
  if (target.digest === undefined || target.digest === root.digest) return;
  throw new RegistryError({
    method: "PUT",
    url: `https://${target.registry}/v2/${target.repository}/manifests/${target.digest}`,
    problem: `the source has digest ${root.digest}`,
    hint: "A copy keeps the digest: leave it out of the target, or name the source by that digest",
  });
}
