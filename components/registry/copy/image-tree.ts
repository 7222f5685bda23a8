import type { RegistryClient } from "../client";
import type { Descriptor, Manifest } from "../manifest";
import { RegistryError } from "../wire/errors";
import { runLimited } from "./run-limited";

export interface ReadTreesArgs {
  client: RegistryClient;
  repository: string;
  concurrency: number;
  stop: AbortController;
  bounds: Bounds;
}

/** What is held in memory of one copy; shared by all that it reads. */
export interface Bounds {
  bytes: number;
  manifests: number;
}

export interface Image {
  root: Manifest;
  /** All manifests, each once, children before the index that names them; the root is the last one. */
  manifests: Manifest[];
}

// Indexes of indexes are allowed; more levels than this are a mistake. (No real cycle passes the digest check.)
const DEEPEST = 8;

/** Largest sums over an image and its referrers: manifests are in memory until they are pushed. */
export function newBounds(): Bounds {
  return { bytes: 32 * 1024 * 1024, manifests: 2000 };
}

/** Reads an image's manifests with every child of an index: none is left out, since the digest covers them all. */
export async function readImage(args: ReadTreesArgs & { reference: string }): Promise<Image> {
  const root = await args.client.getManifest(args.repository, args.reference);
  take(args, root, [root]);
  return { root, manifests: await readBelow(args, root) };
}

/** As `readImage`, from a root that was read before, or what a descriptor says of it. */
export async function readTree(args: ReadTreesArgs, start: Manifest | Descriptor): Promise<Image> {
  const { mediaType, digest, size } = start;
  const expected = { mediaType, digest, size };
  const root = "bytes" in start ? start : await args.client.getManifest(args.repository, digest, expected);
  take(args, root, [root]);
  return { root, manifests: await readBelow(args, root) };
}

async function readBelow(args: ReadTreesArgs, root: Manifest): Promise<Manifest[]> {
  const { client, repository, concurrency, stop } = args;
  const levels: Manifest[][] = [[root]];
  for (let level = levels[0]; level !== undefined && level.length > 0; level = levels.at(-1)) {
    const children = distinct(level.flatMap((manifest) => manifest.children));
    if (levels.length > DEEPEST) throw tooMuch(args, root, `more than ${DEEPEST} levels of indexes`);
    take(args, root, children);
    const read = ({ mediaType, digest, size }: Descriptor) =>
      client.getManifest(repository, digest, { mediaType, digest, size });
    levels.push(await runLimited(children, concurrency, stop, read));
  }
  // From the deepest level up; one met on several levels goes where its lowest is.
  return distinct(levels.reverse().flat());
}

export function distinct<T extends { digest: string }>(items: T[]): T[] {
  const seen = new Set<string>();
  return items.filter(({ digest }) => !seen.has(digest) && seen.add(digest));
}

/** Counts what is about to be read against the bounds. */
function take(args: ReadTreesArgs, root: Manifest, more: Descriptor[]): void {
  const { bounds } = args;
  bounds.bytes -= more.reduce((sum, { size }) => sum + size, 0);
  bounds.manifests -= more.length;
  const { bytes, manifests } = newBounds();
  if (bounds.manifests < 0) throw tooMuch(args, root, `more than ${manifests} manifests`);
  if (bounds.bytes < 0) throw tooMuch(args, root, `more than ${bytes} bytes of manifests`);
}

function tooMuch({ client, repository }: ReadTreesArgs, root: Manifest, what: string): RegistryError {
  const url = client.manifestUrl(repository, root.digest);
  const problem = `the image (with what refers to it) has ${what}, which is refused`;
  return new RegistryError({ method: "GET", url, problem });
}
