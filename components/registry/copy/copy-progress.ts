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
  /** Of `bytesCopied`, those that an earlier run had sent before it ended. */
  bytesResumed: number;
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
