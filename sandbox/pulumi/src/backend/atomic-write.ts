import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Replaces `file` as a whole: a reader, or a run after a crash, sees the old text or the new one. New files are
 * 0600; an existing file keeps its mode. With `backup`, the old text stays as `<file>.bak`.
 */
export function writeAtomically(file: string, text: string, options: { backup?: boolean } = {}): void {
  const temporary = prepare(file);
  const descriptor = openSync(temporary, "wx", modeOf(file));
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (options.backup) keepBackup(file);
  renameSync(temporary, file);
}

/** The same without blocking the process while the disk works. */
export async function writeAtomicallyAsync(file: string, text: string, options: { backup?: boolean } = {}) {
  const temporary = prepare(file);
  const handle = await open(temporary, "wx", modeOf(file));
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (options.backup) keepBackup(file);
  await rename(temporary, file);
}

function prepare(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // The real CLI keeps a checksum of what it wrote beside the file; ours would not match it.
  rmSync(`${file}.attrs`, { force: true });
  return `${file}.${randomBytes(6).toString("hex")}.tmp`;
}

function modeOf(file: string): number {
  return existsSync(file) ? statSync(file).mode & 0o777 : 0o600;
}

function keepBackup(file: string): void {
  if (!existsSync(file)) return;
  rmSync(`${file}.bak`, { force: true });
  rmSync(`${file}.bak.attrs`, { force: true });
  linkSync(file, `${file}.bak`);
}
