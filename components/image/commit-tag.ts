import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { saidBy } from "../values/error-facts";
import { newTemporaryFolder } from "../values/temporary-folder";

/** Hex digits of a commit in a tag: enough to be unique, short enough to read. */
const COMMIT_DIGITS = 12;

/**
 * The release tag of what lies in a folder: the commit it is at, e.g. `3f2a91c04d7e`. Where the folder has
 * changes that are not committed the tag says so and names the content, `3f2a91c04d7e-dirty-1b9e02aa`: a tag must
 * never stand for two different things.
 * @throws Error where the folder is in no git repository or nothing has been committed
 */
export function commitTag(folder: string): string {
  const commit = git(folder, ["rev-parse", `--short=${COMMIT_DIGITS}`, "HEAD"]);
  const changed = git(folder, ["status", "--porcelain", "--untracked-files=all", "--", "."]);
  return changed === "" ? commit : `${commit}-dirty-${contentHash(folder)}`;
}

/** Hash of the working tree as git would commit it, made with an index of its own so that nothing is staged. */
function contentHash(folder: string): string {
  const scratch = newTemporaryFolder("berth-index");
  try {
    const index = join(scratch, "index");
    const current = join(git(folder, ["rev-parse", "--absolute-git-dir"]), "index");
    if (existsSync(current)) copyFileSync(current, index);
    git(folder, ["add", "--all", "--", "."], { GIT_INDEX_FILE: index });
    const listed = git(folder, ["ls-files", "--stage", "--", "."], { GIT_INDEX_FILE: index });
    return createHash("sha256").update(listed).digest("hex").slice(0, 8);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function git(folder: string, args: string[], env: Record<string, string> = {}): string {
  try {
    return execFileSync("git", ["-C", folder, ...args], {
      encoding: "utf8",
      env: { ...process.env, GIT_OPTIONAL_LOCKS: "0", ...env }, // asking locks nothing: killed, it leaves nothing
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  } catch (error) {
    const said = saidBy(error);
    throw new Error(
      `The release tag of ${folder} is its git commit, and git can't tell it (git ${args[0]}: ${said}). ` +
        "Commit the folder, or pin a release in the stack's settings.",
    );
  }
}
