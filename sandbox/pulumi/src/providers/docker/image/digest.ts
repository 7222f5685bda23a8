import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { realpath } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { contextFiles } from "./context";

/**
 * `contextDigest` as the real plugin computes it (its provider.go): a SHA-256 over name, mode and content hash of
 * the Dockerfile and of every file of the context that isn't ignored. A touched date changes nothing.
 */
export async function contextDigest(context: string, dockerfile: string): Promise<string> {
  const total = createHash("sha256");
  const add = (name: string, mode: string, content: Buffer) => {
    total.update(name).update(mode).update(content).update(Buffer.alloc(1));
  };
  add("Dockerfile", "----------", await fileHash(dockerfile));
  for await (const { path, file, stats } of contextFiles(context, dockerfile)) {
    if (stats.isDirectory()) continue;
    add(path, goMode(stats), await contentHash(file, stats));
  }
  return total.digest("hex");
}

async function contentHash(file: string, stats: Stats): Promise<Buffer> {
  if (stats.isFile()) return fileHash(file);
  const hash = createHash("sha256");
  if (stats.isSymbolicLink()) hash.update(await linkEnd(file));
  return hash.digest();
}

/** Where the link ends, relative if the context is: a link that leads nowhere is an error, as in the plugin. */
async function linkEnd(file: string): Promise<string> {
  const end = await realpath(file);
  return isAbsolute(file) ? end : relative(await realpath("."), end);
}

async function fileHash(file: string): Promise<Buffer> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest();
}

/** A mode as Go's fs.FileMode prints it: a letter for each special bit, then `rwxr-xr-x`. */
function goMode(stats: Stats): string {
  const special = [
    stats.isSymbolicLink() ? "L" : "",
    stats.isFIFO() ? "p" : "",
    stats.isSocket() ? "S" : "",
    (stats.mode & 0o4000) !== 0 ? "u" : "",
    (stats.mode & 0o2000) !== 0 ? "g" : "",
    (stats.mode & 0o1000) !== 0 ? "t" : "",
  ].join("");
  const permissions = [..."rwxrwxrwx"].map((letter, index) =>
    (stats.mode >> (8 - index)) & 1 ? letter : "-",
  );
  return (special === "" ? "-" : special) + permissions.join("");
}
