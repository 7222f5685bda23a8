import { GitlabClient } from "../../components/gitlab/api/gitlab-client";
import { GitlabError } from "../../components/gitlab/api/gitlab-error";
import { askHttp } from "../../components/http/ask-http";
import { tlsFailure } from "../../components/http/tls-trust";
import type { GitlabSettings } from "../../components/settings/settings";
import { messageOf } from "../../components/values/error-facts";
import { isJsonObject } from "../../components/values/json-object";
import { daysText, daysUntil } from "../../components/values/plain-words";
import { apiOf, gitlabToken } from "../gitlab/gitlab";

import { type Finding, fail, ok, warn } from "./finding";
import { hostOf, nameCheck } from "./names";
import type { Check } from "./run-checks";
import type { Subject } from "./subject";
import { askedFor, nameLookup } from "./this-machine";

export const GITLAB = "GitLab";
const TOKEN = "GitLab's token";
const VARIABLE = "BERTH_GITLAB_TOKEN";
/** Days before its end in which a token is worth a word. */
const SOON = 14;
/** Milliseconds for one answer. */
const PATIENCE_MS = 10_000;

/** Whether GitLab is there, and what its token may. */
export function gitlabChecks({ settings: { gitlab } }: Subject): Check[] {
  if (gitlab === undefined) return [];
  return [
    {
      name: GITLAB,
      needs: [nameCheck(hostOf(new URL(apiOf(gitlab, process.env))))],
      run: () => gitlabFinding(gitlab),
    },
    { name: TOKEN, needs: [GITLAB], run: () => tokenFindings(gitlab) },
  ];
}

/** Its API tells nobody without a login anything; that it says so in JSON is how it is known. */
export async function gitlabFinding(
  gitlab: GitlabSettings,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Finding> {
  const url = new URL(`${apiOf(gitlab, env)}/version`);
  try {
    const { status, text } = await askHttp({ method: "GET", url, headers: {}, timeLimit: PATIENCE_MS });
    if ([200, 401].includes(status) && isJson(text)) return ok(GITLAB, `${url.origin} answers`);
    return fail(
      GITLAB,
      `${url} answers ${status}, which is not GitLab's API`,
      `curl -si ${url} # berth:gitlab.url is its address`,
    );
  } catch (error) {
    const tls = tlsFailure(
      error instanceof Error && error.cause instanceof Error ? error.cause : new Error(""),
    );
    return fail(GITLAB, `${url.origin}: ${tls?.reason ?? messageOf(error)}`, wayTo(url, messageOf(error)));
  }
}

const wayTo = (url: URL, said: string) =>
  /ENOTFOUND|EAI_AGAIN/.test(said)
    ? `${nameLookup(hostOf(url))} # berth:gitlab.url is its address`
    : `curl -si ${url} # is it up, and is berth:gitlab.url its address?`;

function isJson(text: string): boolean {
  try {
    return isJsonObject(JSON.parse(text));
  } catch {
    return false;
  }
}

interface Itself {
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly expires_at?: string | null;
}

interface Project {
  readonly permissions?: {
    readonly project_access?: { readonly access_level?: number } | null;
    readonly group_access?: { readonly access_level?: number } | null;
  };
}

/** What each role is needed for, by GitLab's number of it; who has a higher one has the lower ones' rights. */
const ROLES = [
  { level: 20, name: "Reporter", costs: "notes in merge requests and issues of drift (--note, --issue)" },
  {
    level: 30,
    name: "Developer",
    costs: "deployments and their environments (up --note), old tags deleted (cleanup)",
  },
  {
    level: 40,
    name: "Maintainer",
    costs: "releases committed to a protected branch (--commit), berth:gitlab.manage",
  },
] as const;

const make = () =>
  `${askedFor(VARIABLE)} # one of the project's: Settings → Access tokens, scope api, role Maintainer`;

/** The token of the environment: whether it is good, for how long, its scopes, its role, and what is lost by what it lacks. */
export async function tokenFindings(
  gitlab: GitlabSettings,
  env: NodeJS.ProcessEnv = process.env,
  now = new Date(),
): Promise<Finding[]> {
  if (!env[VARIABLE]?.trim()) return [noToken(gitlab)];
  let token: string;
  try {
    token = gitlabToken(env, "Berth");
  } catch (error) {
    return [fail(TOKEN, messageOf(error), make())];
  }
  const client = new GitlabClient({
    api: apiOf(gitlab, env),
    token,
    tokenName: VARIABLE,
    patience: PATIENCE_MS,
  });
  const ask = <T>(path: string) => client.ask<T>({ method: "GET", path, attempt: "look at the token" });
  try {
    const { value: itself } = await ask<Itself>("/personal_access_tokens/self").catch(olderGitlab);
    const scopes = scopeFindings(itself, now);
    if (scopes.some(({ state }) => state === "fail")) return scopes;
    const { value: project } = await ask<Project>(`/projects/${encodeURIComponent(gitlab.project)}`);
    return [...scopes, roleFinding(project, gitlab)];
  } catch (error) {
    const isRefusal = error instanceof GitlabError && error.status !== undefined && error.status < 500;
    return [fail(TOKEN, messageOf(error), isRefusal ? make() : `curl -si ${apiOf(gitlab, env)}/version`)];
  }
}

/** Without one all works that a person starts, but for what is told to GitLab. */
function noToken({ manage }: GitlabSettings): Finding {
  const lost = ROLES.map(({ costs }) => costs).join("; ");
  const text = `${VARIABLE} isn't set: without it there are no ${lost}`;
  return (manage ? fail : warn)(TOKEN, text, make());
}

/** GitLab before 15.5 tells no token of itself. */
function olderGitlab(error: unknown): { value: Itself } {
  if (error instanceof GitlabError && error.status === 404) return { value: {} };
  throw error;
}

function scopeFindings({ name, scopes, expires_at: ends }: Itself, now: Date): Finding[] {
  const what = `${TOKEN}: scopes`;
  const called = name === undefined ? VARIABLE : `"${name}" (${VARIABLE})`;
  if (scopes === undefined) return [ok(what, `${called} is good; this GitLab doesn't tell its scopes`)];
  if (!scopes.includes("api")) {
    const reads = scopes.includes("read_api") ? ", it can only look" : "";
    const costs = ROLES.map((role) => role.costs).join("; ");
    return [
      fail(
        what,
        `${called} has ${scopes.join(", ") || "none"} and not api${reads}: there are no ${costs}`,
        make(),
      ),
    ];
  }
  const days = ends ? daysUntil(new Date(ends), now) : undefined;
  const until = days === undefined ? "" : `, good for ${daysText(days)} (${ends})`;
  const text = `${called} has ${scopes.join(", ")}${until}`;
  return [days !== undefined && days < SOON ? warn(what, text, make()) : ok(what, text)];
}

/** @returns fail where a role is missing that the settings need, warn where one is that only some commands do */
function roleFinding({ permissions }: Project, { project, manage }: GitlabSettings): Finding {
  const what = `${TOKEN}: role`;
  const { project_access: own, group_access: inherited } = permissions ?? {};
  const level = Math.max(own?.access_level ?? 0, inherited?.access_level ?? 0);
  if (level === 0) return warn(what, `GitLab doesn't tell its role in ${project}`, make());
  const has = ROLES.filter((role) => role.level <= level).at(-1)?.name ?? "Guest";
  const lacking = ROLES.filter((role) => role.level > level);
  const text = `${has} in ${project}`;
  if (lacking.length === 0) return ok(what, text);
  const lost = `${text}: ${lacking.map(({ name, costs }) => `without ${name} there are no ${costs}`).join("; ")}`;
  return manage && level < 40 ? fail(what, lost, make()) : warn(what, lost, make());
}
