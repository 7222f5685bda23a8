import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf, messageOf } from "./error-facts";
import { thisUser } from "./plain-words";

/** They name it, the first that is set: as Node has it (os.tmpdir). Programs of others know the first alone. */
const VARIABLES = ["TMPDIR", "TMP", "TEMP"] as const;

/** Bytes of a file that is tried: a full disk still takes folders, and what fits beside a folder's own data. */
const TRIED = 16_384;

const NOT_FOR_ITS_USER = `takes nothing from ${thisUser()}`;
/** What is wrong with it, by Node's names of failed calls. */
const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "isn't there",
  ENOTDIR: "is no folder",
  EACCES: NOT_FOR_ITS_USER,
  EPERM: NOT_FOR_ITS_USER,
  EROFS: "can't be written, its disk is read-only",
  ENOSPC: "takes nothing, its disk is full",
  EDQUOT: "takes nothing, this user's quota is used up",
};

/** For a shell: a folder that is the user's own, where that is on another disk, too. */
export const ANOTHER_TEMPORARY_FOLDER = 'export TMPDIR="$HOME/tmp" && mkdir -p "$TMPDIR"';

/** A new folder for what is gone in a moment. @throws Error that says what is wrong with the place, and what to do */
export function newTemporaryFolder(name: string): string {
  try {
    return mkdtempSync(join(tmpdir(), `${name}-`));
  } catch (error) {
    throw new Error(`${problemOf(error)}. Take another one: ${ANOTHER_TEMPORARY_FOLDER}`);
  }
}

/** Why files can't be kept there, as a sentence without its full stop; undefined where they can. */
export function temporaryProblem(): string | undefined {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), "berth-look-"));
    writeFileSync(join(folder, "file"), Buffer.alloc(TRIED, 1));
    return undefined;
  } catch (error) {
    return problemOf(error);
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function problemOf(error: unknown): string {
  const variable = VARIABLES.find((name) => process.env[name]);
  const problem = PROBLEMS[codeOf(error) ?? ""] ?? `can't be used (${messageOf(error)})`;
  return `the temporary folder ${tmpdir()}${variable ? ` (${variable})` : ""} ${problem}`;
}
