import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";

/** One entry of a tar archive. */
export interface TarEntry {
  /** Relative path with `/`, without a leading one; of a folder with one at its end. */
  readonly name: string;
  readonly mode: number;
  /** None: a folder. */
  readonly content?: string | Buffer;
  /** Owner and group. @default root */
  readonly uid?: number;
  readonly gid?: number;
}

/** An archive as Docker takes it. */
export function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries)
    archive.entry({ ...header, type: content === undefined ? "directory" : "file" }, content ?? "");
  archive.finalize();
  return buffer(archive);
}

/** What is in an archive besides folders, by name; of a link the content is empty. */
export async function filesOf(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const reader = extract();
  reader.on("entry", ({ name, type }, content, next) => {
    buffer(content).then((bytes) => {
      if (type !== "directory") files.set(name, bytes);
      next();
    }, next);
  });
  await new Promise<void>((resolve, reject) => {
    reader.once("finish", resolve).once("error", reject).end(archive);
  });
  return files;
}
