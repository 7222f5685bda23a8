import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isolated } from "./git-environment";

export interface GitRun {
  readonly input?: Buffer | string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What an unborn project's first branch is called where nobody says otherwise. */
const DEFAULT_BRANCH = "main";

const created = new Map<string, Promise<void>>();

/** A project's bare repository in GitLab's folder; empty until something is pushed or committed. */
export class Repository {
  readonly path: string;

  /** @param project its path as GitLab knows it: never what a client sent */
  constructor(
    readonly root: string,
    readonly project: string,
  ) {
    this.path = join(root, `${project}.git`);
  }

  static of(dir: string, project: string): Repository {
    return new Repository(join(dir, "git"), project);
  }

  /** Makes the repository where there is none. */
  async ensure(): Promise<this> {
    if (existsSync(this.path)) return this;
    const making = created.get(this.path) ?? this.create();
    created.set(this.path, making);
    await making.finally(() => created.delete(this.path));
    return this;
  }

  /** @throws Error with git's own words where it fails */
  async git(args: readonly string[], run: GitRun = {}): Promise<Buffer> {
    const { code, stdout, stderr } = await this.tryGit(args, run);
    if (code !== 0) throw new Error(`git ${args[0]} in ${this.path}: ${stderr.trim()}`);
    return stdout;
  }

  /** One line of git's answer; undefined where it fails, as for what isn't there. */
  async ask(...args: string[]): Promise<string | undefined> {
    const { code, stdout } = await this.tryGit(args, {});
    const line = stdout.toString("utf8").trim();
    return code === 0 && line !== "" ? line : undefined;
  }

  /** As `branch`, where there may be no repository yet. */
  async headOf(name: string): Promise<string | undefined> {
    return existsSync(this.path) ? this.branch(name) : undefined;
  }

  /** The commit of a branch. */
  branch(name: string): Promise<string | undefined> {
    return this.ask("rev-parse", "--verify", "--quiet", `refs/heads/${name}^{commit}`);
  }

  /** The commit of a branch, a tag or (a part of) a commit's own number. */
  async commitOf(ref: string): Promise<string | undefined> {
    if (ref === "HEAD") return this.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}");
    const names = [`refs/heads/${ref}`, `refs/tags/${ref}`];
    for (const name of /^[0-9a-f]{7,40}$/.test(ref) ? [...names, ref] : names) {
      const found = await this.ask("rev-parse", "--verify", "--quiet", `${name}^{commit}`);
      if (found) return found;
    }
    return undefined;
  }

  /** The last commit up to this one that changed the file. */
  lastCommit(commit: string, path: string): Promise<string | undefined> {
    return this.ask("log", "-1", "--format=%H", commit, "--", `:(literal)${path}`);
  }

  /** Short names of branches or tags. */
  async names(below: "refs/heads" | "refs/tags"): Promise<string[]> {
    const text = await this.git(["for-each-ref", `--format=%(refname:lstrip=2)`, below]);
    return text.toString("utf8").split("\n").filter(Boolean);
  }

  async defaultBranch(): Promise<string> {
    const head = await this.ask("symbolic-ref", "--short", "HEAD");
    return head ?? DEFAULT_BRANCH;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.ask("for-each-ref", "--count=1", "refs/heads")) === undefined;
  }

  /** As GitLab does: the first branch that comes is the default one. */
  async adoptFirstBranch(): Promise<void> {
    if (await this.branch(await this.defaultBranch())) return;
    const first = await this.ask("for-each-ref", "--count=1", "--format=%(refname)", "refs/heads");
    if (first) await this.git(["symbolic-ref", "HEAD", first]);
  }

  private async create(): Promise<void> {
    const making = `${this.path}.new`;
    await rm(making, { recursive: true, force: true });
    await mkdir(dirname(making), { recursive: true, mode: 0o700 });
    await run(this.root, ["init", "--quiet", "--bare", `--initial-branch=${DEFAULT_BRANCH}`, making], {});
    await rename(making, this.path);
  }

  private tryGit(args: readonly string[], options: GitRun) {
    return run(this.path, ["--git-dir", this.path, ...args], options);
  }
}

interface GitResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function run(cwd: string, args: readonly string[], { input, env }: GitRun): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd, env: { ...isolated(), ...env } });
    const [out, words]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => words.push(chunk));
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(words).toString("utf8") }),
    );
    child.stdin.once("error", () => {}); // git ended before it read all; its exit code tells
    child.stdin.end(input);
  });
}
