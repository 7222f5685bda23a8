import { randomUUID } from "node:crypto";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Manifest } from "./backend";
import { sha256 } from "./digest";

/** A tag as last seen at the remote. */
export interface CachedTag {
  digest: string;
  /** milliseconds since 1970 */
  fetchedAt: number;
}

/** What a proxy repository has fetched: blobs and manifests by digest, tags by image. Files appear whole or not at all. */
export class ProxyCache {
  constructor(private readonly directory: string) {
    for (const part of ["blobs", "manifests", "tags", "incoming"])
      mkdirSync(join(directory, part), { recursive: true, mode: 0o700 });
    // Left over from a crash in the middle of a download.
    for (const name of readdirSync(join(directory, "incoming"))) rmSync(join(directory, "incoming", name));
  }

  /** Path of a cached blob; undefined where it is not there. */
  blob(digest: string): string | undefined {
    const file = this.blobFile(digest);
    return existsSync(file) ? file : undefined;
  }

  /** A file to write a blob to; `keep` makes it count once its digest was verified. */
  incoming(digest: string) {
    const file = join(this.directory, "incoming", randomUUID());
    return {
      stream: createWriteStream(file, { flags: "wx", mode: 0o600 }),
      keep: () => renameSync(file, this.blobFile(digest)),
      drop: () => rmSync(file, { force: true }),
    };
  }

  manifest(digest: string): Manifest | undefined {
    const text = readIfThere(join(this.directory, "manifests", digest.replace(":", "-")));
    if (!text) return undefined;
    const { mediaType, body } = JSON.parse(text) as { mediaType: string; body: string };
    const bytes = Buffer.from(body, "base64");
    return sha256(bytes) === digest ? { digest, mediaType, body: bytes } : undefined;
  }

  keepManifest(manifest: Manifest): void {
    const value = { mediaType: manifest.mediaType, body: manifest.body.toString("base64") };
    this.write(join("manifests", manifest.digest.replace(":", "-")), value);
  }

  tag(image: string, tag: string): CachedTag | undefined {
    const text = readIfThere(join(this.directory, "tags", encodeURIComponent(image), tag));
    return text ? (JSON.parse(text) as CachedTag) : undefined;
  }

  keepTag(image: string, tag: string, cached: CachedTag): void {
    mkdirSync(join(this.directory, "tags", encodeURIComponent(image)), { recursive: true, mode: 0o700 });
    this.write(join("tags", encodeURIComponent(image), tag), cached);
  }

  tags(image: string): string[] {
    const directory = join(this.directory, "tags", encodeURIComponent(image));
    return existsSync(directory) ? readdirSync(directory) : [];
  }

  images(): string[] {
    return readdirSync(join(this.directory, "tags")).map(decodeURIComponent);
  }

  /** All cached blobs with their sizes in bytes. */
  blobs(): { digest: string; size: number }[] {
    const directory = join(this.directory, "blobs");
    return readdirSync(directory).map((name) => ({
      digest: name.replace("-", ":"),
      size: statSync(join(directory, name)).size,
    }));
  }

  /** Tags are asked for anew; what is named by its digest stays right for ever. */
  expireTags(): void {
    for (const image of this.images())
      for (const tag of this.tags(image)) {
        const cached = this.tag(image, tag);
        if (cached) this.keepTag(image, tag, { ...cached, fetchedAt: 0 });
      }
  }

  private blobFile(digest: string): string {
    return join(this.directory, "blobs", digest.replace(":", "-"));
  }

  private write(path: string, value: unknown): void {
    const next = join(this.directory, "incoming", randomUUID());
    writeFileSync(next, JSON.stringify(value), { mode: 0o600 });
    renameSync(next, join(this.directory, path));
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
