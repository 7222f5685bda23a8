import { createReadStream, type Stats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { TarEntry } from "../tar";
import { readDockerignore } from "./dockerignore";

/** A file of the build context; `path` is relative to it, with "/". */
export interface ContextFile {
  readonly path: string;
  readonly file: string;
  readonly stats: Stats;
}

/** Under this name a Dockerfile from outside goes along with its context. */
const OUTSIDE_DOCKERFILE = ".dockerfile.berth-sandbox";

/**
 * The context's entries that are not ignored, each directory's in the order of their names' bytes; directories
 * only where a build needs them.
 */
export async function* contextFiles(context: string, dockerfile: string): AsyncGenerator<ContextFile> {
  const ignore = await readDockerignore(context, dockerfile);
  async function* walk(directory: string, prefix: string): AsyncGenerator<ContextFile> {
    const names = (await readdir(directory)).sort((left, right) =>
      Buffer.compare(Buffer.from(left), Buffer.from(right)),
    );
    for (const name of names) {
      const path = prefix + name;
      const file = join(directory, name);
      const stats = await lstat(file);
      const ignored = ignore.ignores(path);
      if (!ignored) yield { path, file, stats };
      if (stats.isDirectory() && (!ignored || ignore.hasExceptions)) yield* walk(file, `${path}/`);
    }
  }
  yield* walk(context, "");
}

/** The Dockerfile's path relative to the context, with "/"; it starts with "../" where it is outside. */
export function relativeDockerfile(context: string, dockerfile: string): string {
  return relative(context, dockerfile).split(sep).join("/");
}

/** Where Docker finds the Dockerfile within what it is sent. */
export function sentDockerfile(context: string, dockerfile: string): string {
  const path = relativeDockerfile(context, dockerfile);
  return path.startsWith("../") ? OUTSIDE_DOCKERFILE : path;
}

/** The archive that a build is sent: the context, and the Dockerfile whether ignored, outside or not. */
export async function* contextEntries(context: string, dockerfile: string): AsyncGenerator<TarEntry> {
  const sent = sentDockerfile(context, dockerfile);
  yield await tarEntry({ path: sent, file: dockerfile, stats: await lstat(dockerfile) });
  for await (const file of contextFiles(context, dockerfile)) {
    if (file.path !== sent) yield await tarEntry(file);
  }
}

async function tarEntry({ path, file, stats }: ContextFile): Promise<TarEntry> {
  const common = { name: path, mode: stats.mode & 0o7777, modified: stats.mtimeMs / 1000 };
  if (stats.isDirectory()) return { ...common, type: "directory", size: 0 };
  if (stats.isSymbolicLink()) return { ...common, type: "symlink", size: 0, target: await readlink(file) };
  if (!stats.isFile())
    throw new Error(`${file} is neither file, directory nor symbolic link: ignore it for the build`);
  return { ...common, type: "file", size: stats.size, content: createReadStream(file) };
}
