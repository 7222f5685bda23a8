import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureApiToken } from "./access-tokens";

/**
 * What makes git log in to this GitLab as somebody who may push to the project's default branch, and only there: variables
 * that name a file (0600) with the login. It is in no address and no argument.
 * @param env what is set already; git's settings in it are kept
 */
export function gitCredentials(
  dir: string,
  url: string,
  project: string,
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const scopes = ["write_repository" as const];
  const { token } = ensureApiToken(dir, project, "git", { accessLevel: 40, scopes });
  const file = join(dir, "git-credentials");
  const login = new URL(url);
  [login.username, login.password] = ["git", token];
  writeFileSync(file, `${login.href.replace(/\/$/, "")}\n`, { mode: 0o600 });
  const key = `credential.${url}.helper`;
  const count = Number(env.GIT_CONFIG_COUNT ?? 0);
  const known = [...Array(count).keys()].find((index) => env[`GIT_CONFIG_KEY_${index}`] === key);
  const index = known ?? count;
  return {
    GIT_CONFIG_COUNT: String(Math.max(count, index + 1)),
    [`GIT_CONFIG_KEY_${index}`]: key,
    [`GIT_CONFIG_VALUE_${index}`]: `store --file='${file}'`,
  };
}
