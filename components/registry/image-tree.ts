import type { RegistryClient } from "./client";
import { RegistryError } from "./errors";
import type { Descriptor, Manifest } from "./manifest";
import { runLimited } from "./run-limited";

export interface ReadImageArgs {
  client: RegistryClient;
  repository: string;
  /** Tag or digest. */
  reference: string;
  concurrency: number;
  stop: AbortController;
}

export interface Image {
  root: Manifest;
  /** All manifests, each once, children before the index that names them; the root is the last one. */
  manifests: Manifest[];
}

// Indexes of indexes are allowed; more levels than this are a mistake. (No real cycle passes the digest check.)
const DEEPEST = 8;
/** Bytes of all manifests together: they are held in memory until they are pushed. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Reads an image's manifests with every child of an index: none is left out, since the digest covers them all. */
export async function readImage({
  client,
  repository,
  reference,
  concurrency,
  stop,
}: ReadImageArgs): Promise<Image> {
  const root = await client.getManifest(repository, reference);
  const levels: Manifest[][] = [[root]];
  let bytes = root.size;
  for (let level = levels[0]; level !== undefined && level.length > 0; level = levels.at(-1)) {
    const children = distinct(level.flatMap((manifest) => manifest.children));
    bytes += children.reduce((sum, { size }) => sum + size, 0);
    if (levels.length > DEEPEST)
      throw tooMuch(client, repository, root, `more than ${DEEPEST} levels of indexes`);
    if (bytes > MOST_BYTES)
      throw tooMuch(client, repository, root, `more than ${MOST_BYTES} bytes of manifests`);
    const read = ({ mediaType, digest, size }: Descriptor) =>
      client.getManifest(repository, digest, { mediaType, digest, size });
    levels.push(await runLimited(children, concurrency, stop, read));
  }
  // From the deepest level up; one met on several levels goes where its lowest is.
  return { root, manifests: distinct(levels.reverse().flat()) };
}

function distinct<T extends { digest: string }>(items: T[]): T[] {
  const seen = new Set<string>();
  return items.filter(({ digest }) => !seen.has(digest) && seen.add(digest));
}

function tooMuch(client: RegistryClient, repository: string, root: Manifest, what: string): RegistryError {
  const url = client.manifestUrl(repository, root.digest);
  return new RegistryError({ method: "GET", url, problem: `the index has ${what}, which is refused` });
}
