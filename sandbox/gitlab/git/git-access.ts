import { type AccessToken, ciUser, findToken, type TokenFile } from "../access-tokens";
import { Level, levelOf } from "../api/base/caller";

export type GitService = "git-upload-pack" | "git-receive-pack";

/** Why not, as GitLab says it. */
export interface GitRefusal {
  readonly status: 401 | 403 | 404;
  readonly words: string;
}

export interface GitAccess {
  readonly project: string;
  readonly token: AccessToken;
}

const denied =
  "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or " +
  "you're required to use a token instead of a password. If a token was provided, it was either incorrect, " +
  "expired, or improperly scoped.";

/** Scopes that may read a repository, and those that may write it, too (GitLab's table of token scopes). */
const WRITING = ["api", "write_repository"];
const READING = [...WRITING, "read_api", "read_repository"];

/** Whether someone may fetch from a project or push to it. Who is no member doesn't learn that it exists. */
export function gitAccess(
  { projects, tokens }: TokenFile,
  path: string,
  service: GitService,
  login: { username: string; password: string } | undefined,
): GitAccess | GitRefusal {
  const token = login && findToken(tokens, login.username, login.password);
  if (!token) return { status: 401, words: denied };
  const project = projects.find((one) => one.path === path);
  if (!project || token.project !== project.path) {
    const words =
      "The project you were looking for could not be found or you don't have permission to view it.";
    return { status: 404, words };
  }
  const isJob = token.usernames.includes(ciUser);
  const has = (scopes: string[]) => token.scopes.some((scope) => scopes.includes(scope));
  if (!isJob && (!has(READING) || levelOf(token) < Level.reporter))
    return { status: 403, words: "You are not allowed to download code from this project." };
  if (service === "git-receive-pack") {
    // A job's own token reads only, unless the project is set otherwise.
    if (isJob || !has(WRITING)) return { status: 403, words: "You are not allowed to upload code." };
    if (levelOf(token) < Level.developer)
      return { status: 403, words: "You are not allowed to push code to this project." };
  }
  return { project: project.path, token };
}
