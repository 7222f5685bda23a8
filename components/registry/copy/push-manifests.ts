import type { RegistryClient } from "../client";
import type { Manifest } from "../manifest";
import { RegistryError } from "../wire/errors";
import type { BlobCopier } from "./blob-copier";
import { runLimited } from "./run-limited";

export interface PushManifestsArgs {
  client: RegistryClient;
  repository: string;
  /** Children before the index that names them. */
  manifests: Manifest[];
  /** Sends blobs again that the registry turns out not to have. */
  blobs: BlobCopier;
  stop: AbortController;
  /** Asked what becomes of a manifest that the registry does not take; true: nothing does. @default the copy fails */
  onRefusal?: (manifest: Manifest, error: RegistryError) => boolean;
}

/** Pushes manifests by digest, byte for byte. @returns those that were not there. */
export async function pushManifests(args: PushManifestsArgs): Promise<Manifest[]> {
  const { manifests, blobs, stop } = args;
  blobs.report("manifests");
  const isIndex = ({ children }: Manifest) => children.length > 0;
  const images = manifests.filter((one) => !isIndex(one));
  const pushed = await runLimited(images, blobs.questions, stop, (one) => pushOne(args, one));
  // One after the other, since one index may name another.
  const indexes = manifests.filter(isIndex);
  pushed.push(...(await runLimited(indexes, 1, stop, (one) => pushOne(args, one))));
  return [...images, ...indexes].filter((_, i) => pushed[i]);
}

/** @returns false where another job pushed it first, and where it is done without. */
async function pushOne(args: PushManifestsArgs, manifest: Manifest): Promise<boolean> {
  try {
    return await pushWhole(args, manifest);
  } catch (error) {
    if (error instanceof RegistryError && args.onRefusal?.(manifest, error)) return false;
    throw error;
  }
}

async function pushWhole(
  { client, repository, blobs }: PushManifestsArgs,
  manifest: Manifest,
): Promise<boolean> {
  try {
    await client.putManifest(repository, manifest.digest, manifest);
    return true;
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status === 401 || error.status === 403) throw error;
    const unknown = unknownBlobs(error, manifest);
    if (unknown.length === 0) {
      if ((await client.headManifest(repository, manifest.digest)) === undefined) throw error;
      return false;
    }
    // A cache in the registry may have vouched for blobs that are gone: whatever it says, they are sent again.
    await blobs.sendAgain(unknown);
    await client.putManifest(repository, manifest.digest, manifest);
    return true;
  }
}

/** The blobs that a registry says it lacks; all of the manifest's where it does not name them. */
function unknownBlobs(error: RegistryError, { blobs }: Manifest) {
  const faults = error.faults.filter(
    ({ code }) => code === "BLOB_UNKNOWN" || code === "MANIFEST_BLOB_UNKNOWN",
  );
  if (faults.length === 0) return [];
  const said = JSON.stringify(faults);
  const named = blobs.filter(({ digest }) => said.includes(digest));
  return named.length > 0 ? named : blobs;
}
