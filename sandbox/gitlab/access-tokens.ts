import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type RegistryScope = "read_registry" | "write_registry" | "delete_registry";
export type ApiScope = "api" | "read_api";
export type GitScope = "read_repository" | "write_repository";

/** A project's access token, as GitLab's project and deploy tokens are: a secret, bound to one project. */
export interface AccessToken {
  name: string;
  /** User names it may be given with; with none it goes with any, as GitLab's project access tokens do. */
  usernames: string[];
  project: string;
  scopes: (RegistryScope | ApiScope | GitScope)[];
  token: string;
  /** The bot that acts with it in the API. @default project_bot_<name> */
  username?: string;
  /** GitLab's number of the role: 20 reporter, 30 developer, 40 maintainer. @default 30 */
  accessLevel?: number;
  /** The first day on which it no longer counts (2026-11-21), or the moment. */
  expiresAt?: string;
  revoked?: boolean;
  /** A deploy token: a login for registry and repository that the API doesn't know. */
  kind?: "deploy";
  /** A person's: it may make project access tokens, which a project's may not. */
  personal?: boolean;
  /** Its number in the API that it was made by. */
  id?: number;
  description?: string;
  createdAt?: string;
}

export interface Project {
  /** `group/project`, in lower case as registry names are. */
  path: string;
}

export interface TokenFile {
  projects: Project[];
  tokens: AccessToken[];
}

/** What GitLab CI passes to jobs as CI_REGISTRY_USER. */
export const ciUser = "gitlab-ci-token";

const fileOf = (dir: string) => join(dir, "tokens.json");

/** All projects and tokens; read for each request, so that a new token counts at once. */
export function readTokens(dir: string): TokenFile {
  const file = fileOf(dir);
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as TokenFile)
    : { projects: [], tokens: [] };
}

export function writeTokens(dir: string, tokens: TokenFile): void {
  const file = fileOf(dir);
  writeFileSync(`${file}.new`, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The token that CI jobs of the project push and pull with; made where the project has none yet. */
export function ensureCiToken(dir: string, project: string): AccessToken {
  const { projects, tokens } = readTokens(dir);
  const known = tokens.find((one) => one.project === project && one.usernames.includes(ciUser));
  if (known) return known;
  const created: AccessToken = {
    name: "ci",
    usernames: [ciUser],
    project,
    scopes: ["read_registry", "write_registry"],
    token: `glcbt-${randomBytes(24).toString("base64url")}`,
  };
  const others = projects.filter((one) => one.path !== project);
  writeTokens(dir, { projects: [...others, { path: project }], tokens: [...tokens, created] });
  return created;
}

/** A project access token for the API, by its name; made where the project has none of that name yet. */
export function ensureApiToken(
  dir: string,
  project: string,
  name: string,
  more: Partial<Pick<AccessToken, "scopes" | "accessLevel" | "expiresAt" | "revoked" | "personal">> = {},
): AccessToken {
  const { projects, tokens } = readTokens(dir);
  const known = tokens.find((one) => one.project === project && one.name === name);
  if (known) return known;
  const token = `glpat-${randomBytes(15).toString("base64url")}`;
  const created: AccessToken = { name, usernames: [], project, scopes: ["api"], token, ...more };
  const others = projects.filter((one) => one.path !== project);
  writeTokens(dir, { projects: [...others, { path: project }], tokens: [...tokens, created] });
  return created;
}

export function findToken(tokens: AccessToken[], username: string, secret: string): AccessToken | undefined {
  return tokens.find((one) => sameToken(one.token, secret) && isUserOf(one, username) && isActive(one));
}

/** Neither revoked nor expired. */
export function isActive({ revoked, expiresAt }: AccessToken): boolean {
  return !revoked && !(expiresAt && Date.parse(expiresAt) <= Date.now());
}

function isUserOf(token: AccessToken, username: string): boolean {
  return username !== "" && (token.usernames.length === 0 || token.usernames.includes(username));
}

/** In a time that says nothing about where they differ. */
export function sameToken(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
