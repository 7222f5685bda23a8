import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Answers } from "../../../../automation/init/answers";
import type { Given } from "../../../../automation/init/choices";
import { type InitResult, init } from "../../../../automation/init/init";
import type { Ask } from "../../../../automation/init/probe-servers";

export type Files = Readonly<Record<string, string>>;

/** A repository of git in a temporary folder, with these files committed. @param remote its origin */
export function makeRepository(files: Files, remote?: string, name = "shop"): string {
  const root = join(realpathSync(mkdtempSync(join(tmpdir(), "berth-init-"))), name);
  mkdirSync(root);
  writeAll(root, files);
  git(root, "init", "--quiet");
  if (remote !== undefined) git(root, "remote", "add", "origin", remote);
  git(root, "add", "--all");
  const author = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  git(root, ...author, "commit", "--quiet", "--allow-empty", "--message", "The app");
  return root;
}

export function writeAll(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

export function removeRepository(root: string): void {
  rmSync(dirname(root), { recursive: true });
}

export function git(root: string, ...args: string[]): string {
  return execFileSync("git", ["-C", root, ...args], { encoding: "utf8" });
}

/** As `git status` has them: one line for each file, or for a folder of new ones. */
export function changesIn(root: string): string[] {
  return git(root, "status", "--porcelain")
    .split("\n")
    .filter((line) => line !== "");
}

export const nobodyAnswers: Ask = async () => undefined;
export const VERSIONS = { berth: "^0.1.0", "@pulumi/pulumi": "^3.248.0", tsx: "^4.23.15" };

export interface Run {
  readonly given?: Given & { readonly folder?: string };
  readonly env?: NodeJS.ProcessEnv;
  readonly home?: string;
  readonly ask?: Ask;
  readonly dryRun?: boolean;
  /** Where it is called, from the repository's top. */
  readonly from?: string;
  readonly terminal?: ConstructorParameters<typeof Answers>[0];
}

/** Runs init without a terminal, in an environment and with a home that hold nothing. */
export function initIn(root: string, run: Run = {}): Promise<InitResult> {
  const {
    given = {},
    env = {},
    home = "/nonexistent",
    ask = nobodyAnswers,
    dryRun = false,
    from = ".",
  } = run;
  const surroundings = { folder: join(root, from), env, home, ask };
  return init({ surroundings, given, terminal: run.terminal, dryRun, versions: VERSIONS });
}
