import type { RegistryClient } from "../client";
import type { Manifest } from "../manifest";
import { RegistryError } from "../wire/errors";
import type { BlobCopier } from "./blob-copier";
import { runLimited, runTogether } from "./run-limited";

export interface VerifyTargetArgs {
  client: RegistryClient;
  repository: string;
  /** What was written in this run; what was there before has been asked for already. */
  manifests: Manifest[];
  blobs: BlobCopier;
  stop: AbortController;
}

/**
 * Asks the target for all that this run has written: blobs by HEAD, with their size where it is told, manifests byte
 * by byte. What is missing is sent once more.
 * @throws RegistryError where it is missing even then, or was changed.
 */
export async function verifyTarget(args: VerifyTargetArgs): Promise<void> {
  const { client, repository, blobs } = args;
  blobs.report("verify");
  const lost = await findLost(args);
  if (lost.blobs.length === 0 && lost.manifests.length === 0) return;
  await blobs.sendAgain(lost.blobs);
  for (const manifest of lost.manifests) await client.putManifest(repository, manifest.digest, manifest);
  const still = await findLost({ ...args, manifests: lost.manifests });
  const [blob] = still.blobs;
  const [manifest] = still.manifests;
  const missing = blob ?? manifest;
  if (missing === undefined) return;
  const { digest } = missing;
  const url = blob ? client.blobUrl(repository, digest) : client.manifestUrl(repository, digest);
  const others = still.blobs.length + still.manifests.length - 1;
  throw new RegistryError({
    method: blob ? "HEAD" : "GET",
    url,
    status: blob ? undefined : 404,
    problem: `the registry took ${blob ? "this blob" : "this manifest"} twice and does not have it whole${others > 0 ? `, like ${others} more` : ""}`,
    hint: `Look into the log of ${client.registry} and at its storage; the tag was left as it is`,
  });
}

async function findLost({ client, repository, manifests, blobs, stop }: VerifyTargetArgs) {
  const isThere = async ({ digest, mediaType, size }: Manifest) =>
    (await client.findManifest(repository, digest, { digest, mediaType, size })) !== undefined;
  const [lostBlobs, there] = await runTogether(
    stop,
    () => blobs.findLost(),
    () => runLimited(manifests, blobs.questions, stop, isThere),
  );
  return { blobs: lostBlobs, manifests: manifests.filter((_, i) => !there[i]) };
}
