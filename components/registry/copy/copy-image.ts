import { setMaxListeners } from "node:events";
import { RegistryClient } from "../client";
import { formatReference, InvalidReference, type Reference } from "../reference";
import type { CopyImageArgs, CopyResult } from "./copy-args";
import { copyWith } from "./copy-steps";

/** Milliseconds that uploads get to end in good order; job runners kill what goes on for ten seconds. */
const GRACE = 5_000;

/**
 * Copies an image or an index from one registry to another without changing a byte: blobs, then manifests
 * (children before their index), then what refers to them, then a check at the target, then the tag.
 * @throws InvalidReference for a source without tag and digest; TagConflict for a tag in use; RegistryError otherwise;
 *   `signal`'s reason where that was aborted.
 */
export async function copyImage(args: CopyImageArgs): Promise<CopyResult> {
  const { source, target } = args;
  const wanted = source.digest ?? source.tag;
  if (wanted === undefined)
    throw new InvalidReference(
      `image reference "${formatReference(source)}": expected a tag or a digest to copy`,
    );
  const stopping = stopsFor(args.signal);
  const { stop, late, waitFor } = stopping;
  const client = ({ registry, repository }: Reference, access: "pull" | "pull,push", signal: AbortSignal) =>
    new RegistryClient({
      registry,
      repository,
      access,
      signal,
      credentials: args.credentials,
      retryDelay: args.retryDelay,
      insecure: args.insecure?.includes(registry),
      secure: args.secure?.includes(registry),
      ca: args.ca,
    });
  const from = client(source, "pull", stop.signal);
  const to = client(target, args.dryRun ? "pull" : "pull,push", late.signal);
  try {
    return await copyWith({ args, wanted, from, to, stop, waitFor });
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
function stopsFor(signal: AbortSignal | undefined) {
  const stop = new AbortController();
  const late = new AbortController();
  let isWorthWaiting = () => false;
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => stop.abort(signal?.reason);
  stop.signal.addEventListener("abort", () => {
    timer = setTimeout(() => late.abort(stop.signal.reason), isWorthWaiting() ? GRACE : 0);
  });
  signal?.throwIfAborted();
  signal?.addEventListener("abort", onAbort);
  setMaxListeners(0, stop.signal, late.signal);
  const waitFor = (isWorth: () => boolean) => {
    isWorthWaiting = isWorth;
  };
  const end = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  return { stop, late, waitFor, end };
}
