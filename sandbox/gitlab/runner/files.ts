import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkCommand } from "../../lib/run-command";
import type { Cache, Job } from "./job";

/** GitLab's own depth of a new project's clones. */
const DEPTH = 20;

/** A clone of one commit, as a runner makes it: shallow, detached, of nobody else. */
export async function checkOut(
  repository: string,
  commit: string,
  folder: string,
  depth = DEPTH,
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]) => checkCommand("git", ["-C", folder, ...args]);
  await git("init", "--quiet");
  await git("remote", "add", "origin", `file://${repository}`);
  // The commit by its id, from a repository that may not offer it: local ones can be asked to.
  const allow = "uploadpack.allowAnySHA1InWant=true";
  const env = {
    ...process.env,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: allow.split("=")[0],
    GIT_CONFIG_VALUE_0: "true",
  };
  const shallow = depth > 0 ? [`--depth=${depth}`] : [];
  await checkCommand("git", ["-C", folder, "fetch", "--quiet", ...shallow, "origin", commit], { env });
  await git("checkout", "--quiet", "--detach", commit);
}

/** Copies what a job leaves behind; what isn't there is said, as GitLab does. */
export function keepArtefacts(
  paths: readonly string[],
  from: string,
  to: string,
  say: (line: string) => void,
): void {
  for (const path of paths) {
    const source = join(from, path);
    if (!existsSync(source)) {
      say(`WARNING: ${path}: no matching files.`);
      continue;
    }
    mkdirSync(dirname(join(to, path)), { recursive: true, mode: 0o700 });
    cpSync(source, join(to, path), { recursive: true });
  }
}

export function giveArtefacts(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}

/** Brings the job's caches into its folder. Moved, not copied: one job runs at a time. */
export function takeCaches({ caches }: Job, folder: string, store: string): void {
  for (const cache of caches) moveCache(cache, join(store, cacheKey(cache, folder)), folder);
}

export function storeCaches({ caches }: Job, folder: string, store: string): void {
  for (const cache of caches) moveCache(cache, folder, join(store, cacheKey(cache, folder)));
}

function moveCache({ paths }: Cache, from: string, to: string): void {
  for (const path of paths) {
    const [source, target] = [join(from, path), join(to, path)].map((one) => one.replace(/\/$/, "")) as [
      string,
      string,
    ];
    if (!existsSync(source)) continue;
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    rmSync(target, { recursive: true, force: true });
    renameSync(source, target);
  }
}

/** Of the content of the key's files. */
function cacheKey({ key }: Cache, folder: string): string {
  if (typeof key === "string") return key;
  const hash = createHash("sha1");
  for (const file of key.files) {
    const path = join(folder, file);
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return `${key.prefix}-${hash.digest("hex")}`;
}
