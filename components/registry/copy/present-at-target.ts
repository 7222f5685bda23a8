import type { RegistryClient } from "../client";
import type { Reference } from "../reference";
import { RegistryError } from "../wire/errors";
import type { BlobCopier } from "./blob-copier";
import { type Image, newBounds, readImage } from "./image-tree";

export interface PresentArgs {
  source: Reference;
  target: Reference;
  to: RegistryClient;
  blobs: BlobCopier;
}

/**
 * The image, where the target has all of it already: the source's digest under the wanted tag, every manifest below
 * it and every blob. Then the source need not be there at all, as for the way back to an old release. Undefined where
 * anything is missing, or where source or target don't say what is wanted exactly.
 */
export async function presentAtTarget({
  source,
  target,
  to,
  blobs,
}: PresentArgs): Promise<Image | undefined> {
  const { repository, tag } = target;
  if (source.digest === undefined || tag === undefined) return undefined;
  if ((await to.headManifest(repository, tag))?.digest !== source.digest) return undefined;
  // Of its own: what is missing here ends no copy.
  const reading = {
    client: to,
    repository,
    stop: new AbortController(),
    bounds: newBounds(),
    concurrency: blobs.questions,
  };
  const image = await readImage({ ...reading, reference: source.digest }).catch(unlessMissing);
  if (!image) return undefined;
  await blobs.plan(image.manifests);
  return blobs.counts().missing === 0 ? image : undefined;
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof RegistryError) || error.status !== 404) throw error;
}
