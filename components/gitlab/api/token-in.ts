import { existsSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";

/** Stands in the environment where there is no token, so that a preview, which asks GitLab nothing, needs none. */
export const NO_TOKEN = "-";

/** A token, and the variable that it came from, for errors. */
export interface NamedToken {
  readonly token: string;
  readonly tokenName: string;
}

/**
 * The token of the first of these variables that is set. A variable of GitLab's type File holds the path of a file with it.
 * @returns undefined where none is set; an empty token where the file has none
 */
export function tokenIn(env: NodeJS.ProcessEnv, ...names: readonly string[]): NamedToken | undefined {
  for (const tokenName of names) {
    const given = env[tokenName]?.trim();
    if (given && given !== NO_TOKEN) return { token: isAbsolute(given) ? inFile(given) : given, tokenName };
  }
  return undefined;
}

function inFile(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}
