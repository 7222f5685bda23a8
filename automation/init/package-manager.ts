import { existsSync } from "node:fs";
import { join } from "node:path";
import { objectOf } from "../../components/values/json-object";
import { packageIn } from "./project-place";

/** What installs a repository's packages, and what its package.json calls its checks. */
export interface PackageManager {
  readonly name: "npm" | "pnpm" | "yarn" | "bun";
  /** The lock file's name: jobs install what it says, and nothing where it lags behind the package.json. */
  readonly lock: string;
  /** What a job types; undefined for npm, as Berth's pipeline does it by itself. */
  readonly install: string | undefined;
  /** What a person types once, so that there is a lock file to commit. */
  readonly first: string;
  /** What runs a script. */
  readonly run: string;
  readonly scripts: { readonly lint: boolean; readonly test: boolean };
}

const LOCKS = [
  { lock: "pnpm-lock.yaml", name: "pnpm", install: "corepack enable && pnpm install --frozen-lockfile" },
  { lock: "yarn.lock", name: "yarn", install: "corepack enable && yarn install --immutable" },
  { lock: "bun.lock", name: "bun", install: "npm install --global bun && bun install --frozen-lockfile" },
] as const;

/** By the lock file beside the package.json. npm where there is none. */
export function packageManagerOf(folder: string): PackageManager {
  const content = existsSync(folder) ? packageIn(folder) : undefined;
  const { lint, test } = objectOf(content?.["scripts"]);
  // npm init writes this one, and it fails.
  const scripts = {
    lint: lint !== undefined,
    test: test !== undefined && !/no test specified/.test(String(test)),
  };
  const found = LOCKS.find(({ lock }) => existsSync(join(folder, lock)));
  const name = found?.name ?? "npm";
  const lock = found?.lock ?? "package-lock.json";
  return { name, lock, install: found?.install, first: `${name} install`, run: `${name} run`, scripts };
}
