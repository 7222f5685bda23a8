import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";

export interface ContextCopy {
  readonly from: string;
  readonly to: string;
  /** From the context; it may lie outside. */
  readonly dockerfile: string;
  /** A file that is put in besides. */
  readonly extra: { readonly name: string; readonly file: string };
}

/** Of the file that is put in: the same in every copy. */
const EXTRA_MODE = 0o644;
const EXTRA_TIME = new Date(0);

/**
 * Makes a folder a copy of a build context, modes and times too: the digest of what is built of it, and that of the context in the
 * state, are those of the original. What .dockerignore surely leaves out isn't copied. Only a whole copy takes the old one's place,
 * and one that would be the same leaves it untouched.
 * @throws Error for a link that leads elsewhere in a copy
 */
export function copyContext({ from, to, dockerfile, extra }: ContextCopy): void {
  const [source, target] = [realpathSync(from), resolve(to)];
  const fresh = `${target}.${process.pid}.new`;
  const skipped = new Set([...ignoredIn(source, dockerfile), extra.name]);
  // In the context of a whole checkout the copy itself would be copied, too.
  const isCopied = (path: string) => !skipped.has(path) && !target.startsWith(join(source, path, "contexts"));
  removeTree(fresh);
  mkdirSync(dirname(fresh), { recursive: true, mode: 0o700 });
  try {
    copyFolder(source, fresh, "", isCopied);
    putIn(extra.file, join(fresh, extra.name));
    stamp(lstatSync(source), fresh);
    if (existsSync(target) && isSame(fresh, target)) return;
    const old = `${target}.${process.pid}.old`;
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
    removeTree(old);
  } finally {
    removeTree(fresh);
  }
}

function copyFolder(from: string, to: string, below: string, isCopied: (path: string) => boolean): void {
  mkdirSync(to, { mode: 0o700 });
  for (const name of readdirSync(from)) {
    const path = posix.join(below, name);
    if (!isCopied(path)) continue;
    const [source, target] = [join(from, name), join(to, name)];
    const stats = lstatSync(source);
    if (stats.isDirectory()) copyFolder(source, target, path, isCopied);
    else if (stats.isSymbolicLink()) copyLink(source, target, path);
    else if (stats.isFile()) copyFileSync(source, target, constants.COPYFILE_FICLONE);
    else continue; // sockets and the like, which Docker doesn't take either
    stamp(stats, target);
  }
}

/** The same words lead to the same place within the context, and to another one outside of it. */
function copyLink(source: string, target: string, path: string): void {
  const words = readlinkSync(source);
  const leadsOut = relative(".", join(dirname(path), words)).startsWith("..");
  if (!words.startsWith("/") && leadsOut && existsSync(source))
    throw new Error(`the link ${path} leads out of it, to ${words}; Docker itself would not follow it`);
  symlinkSync(words, target);
}

function putIn(file: string, target: string): void {
  copyFileSync(file, target);
  chmodSync(target, EXTRA_MODE);
  utimesSync(target, EXTRA_TIME, EXTRA_TIME);
}

/** Times to the second, which is all that a build sees of them (moby/pkg/archive). */
function stamp(stats: Stats, target: string): void {
  const time = Math.floor(stats.mtimeMs / 1000);
  if (stats.isSymbolicLink()) {
    lutimesSync(target, time, time);
  } else {
    chmodSync(target, stats.mode & 0o7777);
    utimesSync(target, time, time);
  }
}

/** Deletes it, folders that nothing may be deleted in as well. */
export function removeTree(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o700);
  chmodSync(path, 0o700);
  rmSync(path, { recursive: true });
}

/** Names, kinds, modes, times and contents: generated files may have another text of the same size and time. */
function isSame(one: string, other: string): boolean {
  const [mine, theirs] = [lstatSync(one), lstatSync(other)];
  if (mine.mode !== theirs.mode || mine.mtimeMs !== theirs.mtimeMs) return false;
  if (mine.isSymbolicLink()) return readlinkSync(one) === readlinkSync(other);
  if (!mine.isDirectory()) return mine.size === theirs.size && holdTheSame(one, other);
  const names = readdirSync(one);
  const others = readdirSync(other);
  return (
    names.length === others.length &&
    names.every((name) => others.includes(name) && isSame(join(one, name), join(other, name)))
  );
}

const CHUNK = 1 << 20;

/** Of two files of the same size, however large. */
function holdTheSame(one: string, other: string): boolean {
  const files = [openSync(one, "r"), openSync(other, "r")] as const;
  const [mine, theirs] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
  try {
    for (;;) {
      const read = [fill(files[0], mine), fill(files[1], theirs)];
      if (read[0] !== read[1] || mine.compare(theirs, 0, read[1], 0, read[0]) !== 0) return false;
      if (read[0] === 0) return true;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** A read may bring less than there is. @returns the bytes read; 0 at the end */
function fill(file: number, buffer: Buffer): number {
  let length = 0;
  for (;;) {
    const read = readSync(file, buffer, length, buffer.length - length, null);
    length += read;
    if (read === 0 || length === buffer.length) return length;
  }
}

/**
 * Plain paths of the file that says what isn't sent to Docker. With patterns it is left to Docker, and so is everything where there
 * are exceptions; what it reads itself it needs.
 */
function ignoredIn(context: string, dockerfile: string): string[] {
  const files = [`${dockerfile}.dockerignore`, ".dockerignore"];
  const file = files.map((name) => join(context, name)).find((path) => existsSync(path));
  if (file === undefined) return [];
  const lines = readFileSync(file, "utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trim());
  if (lines.some((line) => line.startsWith("!"))) return [];
  const plain = lines.filter((line) => line !== "" && !/^#|[*?[\\]/.test(line));
  const needed = [...files, dockerfile].map((name) => posix.normalize(name));
  return plain
    .map((line) => posix.normalize(line).replace(/^\/|\/$/g, ""))
    .filter((path) => !needed.some((name) => name === path || name.startsWith(`${path}/`)));
}
