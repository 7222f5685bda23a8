import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../components/values/error-facts";
import { CommandError } from "../terminal/exit";

/** A file as it is to be. */
export interface FileToWrite {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes all of them or none: each beside its place first, and then into it.
 * @throws CommandError where one can't be written, as in a checkout that is read-only
 */
export function writeFiles(files: readonly FileToWrite[]): void {
  const made: string[] = [];
  const beside = ({ path }: FileToWrite) => `${path}.berth-init`;
  try {
    for (const file of files) {
      const folder = dirname(file.path);
      const first = mkdirSync(folder, { recursive: true });
      if (first !== undefined) made.push(first);
      made.push(beside(file));
      writeFileSync(beside(file), file.text, {
        mode: statSync(file.path, { throwIfNoEntry: false })?.mode ?? 0o666,
      });
    }
    for (const file of files) renameSync(beside(file), file.path);
  } catch (error) {
    for (const path of made.reverse()) if (existsSync(path)) rmSync(path, { recursive: true });
    throw new CommandError(
      `The files couldn't be written: ${messageOf(error)}. Nothing was written. ` +
        "Run it in a checkout that this user may write to and commit what it writes, or see the files with --dry-run.",
    );
  }
}
