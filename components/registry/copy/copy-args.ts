import type { Credentials } from "../logins/account";
import type { Reference } from "../reference";
import type { TagChange } from "../tag";
import type { BlobCounts, CopyProgress } from "./copy-progress";
import type { ReferrerCounts } from "./push-referrers";
import type { ReferrerLoss } from "./referrer-losses";

export interface CopyImageArgs {
  /** As `parseReference` reads it. With a tag or a digest; where both are given the digest decides. */
  source: Reference;
  /** As `parseReference` reads it. With a tag, which is set last; without one the image is there by digest only. A digest must be the source's. */
  target: Reference;
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
