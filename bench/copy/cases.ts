import type { BenchRegistry } from "./bench-registry";
import { Images } from "./images";

const MB = 1_000_000;
const KB = 1_000;

/** One image to copy, and what the target has of it beforehand. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /** Its repository, at both registries. */
  readonly image: "large" | "index" | "small";
  /** What the target holds; nothing where there is none. */
  readonly before?: "older" | "same";
  /** Is each registry at the end of a long line? */
  readonly far?: boolean;
}

export const CASES: readonly Case[] = [
  { name: "a", title: "585 MB in 9 layers, empty target", image: "large" },
  { name: "b", title: "one layer of nine changed", image: "large", before: "older" },
  { name: "c", title: "nothing to do", image: "large", before: "same" },
  { name: "d", title: "an index of 3 platforms, 42 MB", image: "index" },
  { name: "e", title: "60 layers of 20 kB", image: "small" },
  { name: "fa", title: "585 MB in 9 layers, far", image: "large", far: true },
  { name: "fc", title: "nothing to do, far", image: "large", before: "same", far: true },
  { name: "fd", title: "an index of 3 platforms, far", image: "index", far: true },
  { name: "fe", title: "60 layers of 20 kB, far", image: "small", far: true },
];

export const TAG = "1.0";

export interface Prepared {
  /** Digests by image. */
  readonly digests: Readonly<Record<Case["image"], string>>;
  /** Where the contents of targets are kept. */
  readonly kept: Readonly<Record<NonNullable<Case["before"]>, string>>;
}

/** Makes the images at the source. */
export async function makeImages(source: BenchRegistry): Promise<Prepared> {
  const { host } = source;
  const large = new Images(host, "large");
  const layers = await several(9, () => large.layer(65 * MB));
  await large.image(layers, "older");
  const older = source.keep("older");
  const { digest } = await large.image([...layers.slice(1), await large.layer(65 * MB)], TAG);
  const same = source.keep("same");
  const small = new Images(host, "small");
  const many = await small.image(await several(60, () => small.layer(20 * KB)), TAG);
  const index = await makeIndex(new Images(host, "index"));
  return { digests: { large: digest, small: many.digest, index }, kept: { older, same } };
}

async function makeIndex(images: Images): Promise<string> {
  const children = await several(3, async () => {
    const sizes = [8 * MB, 4 * MB, 1.5 * MB, 400 * KB, 50 * KB];
    const layers = [];
    for (const size of sizes) layers.push(await images.layer(size));
    return images.image(layers);
  });
  return (await images.index(children, ["amd64", "arm64", "riscv64"], TAG)).digest;
}

/** One after the other: memory. */
async function several<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) made.push(await make());
  return made;
}
