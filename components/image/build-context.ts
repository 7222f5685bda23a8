import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { BuildSettings } from "../settings/app-settings";
import { codeOf, messageOf } from "../values/error-facts";
import { isRunning } from "../values/running-process";
import { copyContext, removeTree } from "./copy-context";

/** Where the CA bundle lies in the build context; the Dockerfile copies it into its build stage only. */
const CA_FILE = ".berth-ca.crt";

/** A folder to build, and its Dockerfile, as paths from where the program runs. */
export interface BuildContext {
  readonly context: string;
  readonly dockerfile: string;
}

/**
 * What is given to the build. Where a CA bundle belongs in it that is a copy of the context, as nothing is written into the working
 * tree: within git's own folder, whose path from here is the same on every machine, so that the stack's state doesn't change with
 * the machine. It is removed when the program ends.
 * @throws pulumi.RunError where it can't be copied as it is
 */
export function buildContext(app: string, build: BuildSettings): BuildContext {
  const { context, dockerfile, caBundle } = build;
  const own = join(context, dockerfile);
  if (caBundle === undefined) return { context, dockerfile: own };
  const place = join(gitFolder(context), "berth", "contexts", pulumi.getProject(), pulumi.getStack(), app);
  try {
    holdUntilExit(place);
    copyContext({ from: context, to: place, dockerfile, extra: { name: CA_FILE, file: caBundle } });
  } catch (error) {
    throw new pulumi.RunError(
      `berth:apps.${app}.build: with caBundle the context ${context} is copied, as nothing is written into it, and it can't be: ` +
        messageOf(error),
    );
  }
  const copy = relative(process.cwd(), place);
  const isInside = !relative(context, own).startsWith("..");
  return { context: copy, dockerfile: isInside ? join(copy, dockerfile) : own };
}

function gitFolder(folder: string): string {
  const args = ["-C", folder, "rev-parse", "--absolute-git-dir"];
  return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

const held = new Set<string>();

/** Two runs in one checkout use one copy: the last one takes it away. */
function holdUntilExit(place: string): void {
  const users = `${place}.users`;
  mkdirSync(users, { recursive: true, mode: 0o700 });
  writeFileSync(join(users, String(process.pid)), "");
  if (held.has(place)) return;
  held.add(place);
  process.once("exit", () => {
    rmSync(join(users, String(process.pid)), { force: true });
    const others = existsSync(users) ? readdirSync(users).map(Number) : [];
    if (others.some(isRunning)) return;
    for (const one of [place, users]) removeTree(one);
    removeEmpty(dirname(place));
  });
}

/** The folders that were made for it, up to git's own; another run may put something into one at this very moment. */
function removeEmpty(folder: string): void {
  if (!folder.includes(join("berth", "contexts"))) return;
  try {
    rmdirSync(folder);
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(codeOf(error) ?? "")) return;
    throw error;
  }
  removeEmpty(dirname(folder));
}
