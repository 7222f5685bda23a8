import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../components/values/error-facts";
import { CommandError } from "../terminal/exit";

/** A file as it is to be. */
export interface FileToWrite {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes all of them or none: each beside its place first, and then into it. A link stays one.
 * @throws CommandError where one can't be written, as in a checkout that is read-only
 */
export function writeFiles(files: readonly FileToWrite[]): void {
  const made: string[] = [];
  const written: string[] = [];
  try {
    const places = files.map((file) => {
      const path = existsSync(file.path) ? realpathSync(file.path) : file.path;
      const folder = mkdirSync(dirname(path), { recursive: true });
      if (folder !== undefined) made.push(folder);
      const beside = `${path}.berth-init`;
      made.push(beside);
      writeFileSync(beside, file.text, { mode: statSync(path, { throwIfNoEntry: false })?.mode ?? 0o666 });
      return { path, beside };
    });
    for (const { path, beside } of places) {
      renameSync(beside, path);
      written.push(path);
    }
  } catch (error) {
    if (written.length === 0)
      for (const path of made.reverse()) rmSync(path, { recursive: true, force: true });
    const what = written.length === 0 ? "Nothing was written" : `Only ${written.join(", ")} could be`;
    throw new CommandError(
      `The files couldn't be written: ${messageOf(error)}. ${what}. ` +
        "Run it in a checkout that this user may write to and commit what it writes, or see the files with --dry-run.",
    );
  }
}
