import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDigest } from "./route";

/**
 * Looks into the storage of one registry process (layout of distribution 2's filesystem driver).
 *
 * Nexus keeps blobs per repository, not per image: a layer pushed for one image is present for all others.
 * Distribution links blobs to each image; `link` adds the missing link where the blob itself is there.
 */
export class BlobStorage {
  private readonly root: string;

  constructor(storage: string) {
    this.root = join(storage, "docker", "registry", "v2");
  }

  has(digest: string): boolean {
    return isDigest(digest) && existsSync(this.dataFile(digest));
  }

  size(digest: string): number | undefined {
    return this.has(digest) ? statSync(this.dataFile(digest)).size : undefined;
  }

  /** Whether the blob came to be later than `time` (milliseconds since 1970). */
  finishedAfter(digest: string, time: number): boolean {
    return this.has(digest) && statSync(this.dataFile(digest)).ctimeMs > time;
  }

  link(image: string, digest: string): void {
    if (!this.has(digest)) return;
    const [algorithm, hex] = digest.split(":") as [string, string];
    const directory = join(this.root, "repositories", image, "_layers", algorithm, hex);
    const file = join(directory, "link");
    if (existsSync(file)) return;
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, digest);
  }

  /** Takes a tag away; false where there is none. */
  untag(image: string, tag: string): boolean {
    const directory = join(this.root, "repositories", image, "_manifests", "tags", tag);
    if (!existsSync(directory)) return false;
    rmSync(directory, { recursive: true });
    return true;
  }

  /** All images with a tag or a manifest, sorted. Bounded by what is on the disk. */
  images(): string[] {
    const found: string[] = [];
    this.walk("", found);
    return found.sort();
  }

  /** All blobs on the disk with their sizes in bytes; the manifests are blobs too here. */
  blobs(): { digest: string; size: number }[] {
    const directory = join(this.root, "blobs", "sha256");
    const prefixes = existsSync(directory) ? readdirSync(directory) : [];
    return prefixes.flatMap((prefix) =>
      readdirSync(join(directory, prefix)).flatMap((hex) => {
        const digest = `sha256:${hex}`;
        const size = this.size(digest);
        return size === undefined ? [] : [{ digest, size }];
      }),
    );
  }

  private walk(image: string, found: string[]): void {
    const directory = join(this.root, "repositories", image);
    const names = existsSync(directory) ? readdirSync(directory) : [];
    if (names.includes("_manifests")) found.push(image);
    for (const name of names) if (!name.startsWith("_")) this.walk(image ? `${image}/${name}` : name, found);
  }

  private dataFile(digest: string): string {
    const [algorithm, hex] = digest.split(":") as [string, string];
    return join(this.root, "blobs", algorithm, hex.slice(0, 2), hex, "data");
  }
}
