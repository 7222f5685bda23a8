import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Repository } from "./repository";

/** A file's new content; undefined takes it away. */
export interface FileChange {
  readonly path: string;
  readonly content: Buffer | undefined;
}

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface NewCommit {
  readonly branch: string;
  readonly parent: string | undefined;
  /** What the branch is at, undefined where it is made by this. */
  readonly head: string | undefined;
  readonly message: string;
  readonly author: Person;
  readonly committer: Person;
  readonly changes: readonly FileChange[];
}

const REGULAR = "100644";

/**
 * Writes a commit, without a checkout, and moves a branch to it.
 * @returns its number; undefined where the branch has moved meanwhile
 */
export async function writeCommit(repository: Repository, wish: NewCommit): Promise<string | undefined> {
  const { branch, parent, head, message, author, committer } = wish;
  const folder = await mkdtemp(join(tmpdir(), "berth-commit-"));
  try {
    const index = { GIT_INDEX_FILE: join(folder, "index") };
    await repository.git(["read-tree", parent ?? "--empty"], { env: index });
    for (const change of wish.changes) await stage(repository, change, index);
    const tree = line(await repository.git(["write-tree"], { env: index }));
    const people = {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
    };
    const parents = parent ? ["-p", parent] : [];
    const made = await repository.git(["commit-tree", tree, ...parents], { input: message, env: people });
    const commit = line(made);
    return (await moveBranch(repository, branch, commit, head)) ? commit : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Windows line ends become line feeds, as in Gitaly, whose git has core.autocrlf=input (internal/git/command_factory.go). */
async function stage(
  repository: Repository,
  { path, content }: FileChange,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (content === undefined) {
    const input = `0 ${"0".repeat(40)}\t${path}\0`;
    await repository.git(["update-index", "-z", "--index-info"], { env, input });
    return;
  }
  const asGitaly = ["-c", "core.autocrlf=input", "hash-object", "-w", "--stdin", `--path=${path}`];
  const blob = line(await repository.git(asGitaly, { input: content }));
  const known = (
    await repository.git(["ls-files", "--stage", "--", `:(literal)${path}`], { env })
  ).toString();
  const mode = /^(\d{6}) /.exec(known)?.[1] ?? REGULAR;
  await repository.git(["update-index", "--add", "--cacheinfo", `${mode},${blob},${path}`], { env });
}

async function moveBranch(
  repository: Repository,
  branch: string,
  commit: string,
  from: string | undefined,
): Promise<boolean> {
  const none = "0".repeat(40);
  try {
    await repository.git(["update-ref", `refs/heads/${branch}`, commit, from ?? none]);
    return true;
  } catch (error) {
    if ((await repository.branch(branch)) !== from) return false;
    throw error;
  }
}

const line = (output: Buffer) => output.toString("utf8").trim();
