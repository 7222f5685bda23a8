import type { BlobCopier } from "./blob-copier";
import type { RegistryClient } from "./client";
import { RegistryError } from "./errors";
import type { Manifest } from "./manifest";
import { runLimited } from "./run-limited";

export interface PushManifestsArgs {
  client: RegistryClient;
  repository: string;
  /** Children before the index that names them. */
  manifests: Manifest[];
  /** Sends blobs again that the registry turns out not to have. */
  blobs: BlobCopier;
  stop: AbortController;
}

/** Pushes manifests by digest, byte for byte, and reads each of them back. @returns how many were not there. */
export async function pushManifests({
  client,
  repository,
  manifests,
  blobs,
  stop,
}: PushManifestsArgs): Promise<number> {
  blobs.report("manifests");
  const push = (manifest: Manifest) => pushOne(client, repository, manifest, blobs);
  const images = manifests.filter(({ children }) => children.length === 0);
  const pushed = await runLimited(images, blobs.concurrency, stop, push);
  // One after the other, since one index may name another.
  for (const index of manifests.filter(({ children }) => children.length > 0)) pushed.push(await push(index));
  blobs.report("verify");
  await runLimited(manifests, blobs.concurrency, stop, ({ digest, mediaType, size }) =>
    client.getManifest(repository, digest, { digest, mediaType, size }),
  );
  return pushed.filter(Boolean).length;
}

/** @returns false where another job pushed it first. */
async function pushOne(client: RegistryClient, repository: string, manifest: Manifest, blobs: BlobCopier) {
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
