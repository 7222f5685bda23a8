import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { GitlabClient } from "../../components/gitlab/api/gitlab-client";
import { ProjectFile } from "../../components/gitlab/api/project-file";
import { tokenIn } from "../../components/gitlab/api/token-in";
import type { GitlabSettings } from "../../components/settings/settings";
import { CommandError, Exit } from "../terminal/exit";
import { ForkNotes, type Notes } from "./fork-notes";
import { MergeRequestNotes, type MergeRequestPlace } from "./merge-request-notes";
import { ProjectIssues } from "./project-issues";

// All that berth knows of GitLab's jobs. Elsewhere there are no such variables, and everything but `--note`, `--issue` and
// `--commit` works without.

export interface GitlabRun {
  /** The commit that is reviewed: the head of the merge request, not what GitLab merges it to for a try. */
  readonly commit?: string | undefined;
  readonly pipeline?: { readonly id: string; readonly url?: string | undefined } | undefined;
  readonly job?: string | undefined;
}

/** The variable that holds the token, or the path of a file with it. */
const TOKEN = "BERTH_GITLAB_TOKEN";

const HOW =
  "It takes a project access token with the scope api and the role Reporter or higher (Settings → Access tokens), " +
  `as the masked variable ${TOKEN}.`;

export function gitlabRun(env: NodeJS.ProcessEnv = process.env): GitlabRun {
  const id = env.CI_PIPELINE_ID;
  return {
    commit: env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA || env.CI_COMMIT_SHA,
    pipeline: id ? { id, url: env.CI_PIPELINE_URL } : undefined,
    job: env.CI_JOB_URL,
  };
}

/** Where GitLab shows a file of the job's artefacts; undefined outside of a job, and outside of its project. */
export function artefactLink(file: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { CI_JOB_URL: job, CI_PROJECT_DIR: root } = env;
  if (!job || !root) return undefined;
  const path = relative(root, resolve(file));
  if (path.startsWith("..")) return undefined;
  return `${job}/artifacts/file/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * Where the job's merge request is. One from a fork is in the project that it was forked from, and its pipeline in the fork
 * (GitLab's docs, "Merge request pipelines": CI_MERGE_REQUEST_PROJECT_ID). Undefined where the job has none.
 */
function mergeRequestPlace(env: NodeJS.ProcessEnv): MergeRequestPlace | undefined {
  const { CI_PROJECT_ID: own = "", CI_MERGE_REQUEST_PROJECT_ID: target, CI_MERGE_REQUEST_IID: iid } = env;
  return iid && /^\d+$/.test(iid) ? { project: target || own, iid: Number(iid) } : undefined;
}

/**
 * In a fork's pipeline a missing token is no mistake of anybody's there: nothing is written then, and it is said why.
 * @throws CommandError (exit 2) outside of a merge request's pipeline, and without a token that may write notes
 */
export function mergeRequestNotes(env: NodeJS.ProcessEnv = process.env): Notes {
  const { CI_API_V4_URL: api, CI_PROJECT_ID: project, CI_MERGE_REQUEST_IID: iid } = env;
  const place = mergeRequestPlace(env);
  const missing = Object.entries({ CI_API_V4_URL: api, CI_PROJECT_ID: project, CI_MERGE_REQUEST_IID: iid })
    .filter(([, value]) => !value)
    .map(([name]) => name);
  if (missing.length > 0 || place === undefined) {
    throw new CommandError(
      `--note writes into a merge request, and this is no pipeline of one: ${missing.join(", ") || "CI_MERGE_REQUEST_IID"} ` +
        "isn't set as GitLab sets it (rules: if: $CI_PIPELINE_SOURCE == 'merge_request_event').",
      Exit.usage,
    );
  }
  const isFork = place.project !== project;
  if (isFork && !env[TOKEN]?.trim()) return new ForkNotes(`There is no token for it in ${TOKEN}`);
  const client = new GitlabClient({ api: api!, token: gitlabToken(env), tokenName: TOKEN });
  const notes = new MergeRequestNotes(client, place);
  return isFork ? new ForkNotes(notes) : notes;
}

/** What a job that updates a stack tells GitLab with. */
export interface UpdateJob {
  readonly client: GitlabClient;
  readonly project: string;
  readonly commit: string;
  readonly ref: string;
  readonly isTag: boolean;
  /** Known in a merge request's pipeline; elsewhere it is found by the commit. */
  readonly mergeRequest: MergeRequestPlace | undefined;
  /** The environment of the job's own `environment:`: then GitLab records the deployment by itself. */
  readonly environment: string | undefined;
  /** GitLab knows the environment's address from the job. */
  readonly hasUrl: boolean;
}

/** @throws CommandError (exit 2) outside of a job, and without a token that may write notes */
export function updateJob(env: NodeJS.ProcessEnv = process.env): UpdateJob {
  const { client, project } = jobsProject("--note", env);
  const { CI_COMMIT_SHA: commit, CI_COMMIT_REF_NAME: ref } = env;
  if (!commit) throw new CommandError("--note needs CI_COMMIT_SHA, as GitLab sets it in a job.", Exit.usage);
  return {
    client,
    project,
    commit,
    ref: ref || commit,
    isTag: Boolean(env.CI_COMMIT_TAG),
    mergeRequest: mergeRequestPlace(env),
    environment: env.CI_ENVIRONMENT_NAME || undefined,
    hasUrl: Boolean(env.CI_ENVIRONMENT_URL),
  };
}

/** @throws CommandError (exit 2) outside of a job, and without a token that may write issues */
export function projectIssues(env: NodeJS.ProcessEnv = process.env): ProjectIssues {
  const { client, project } = jobsProject("--issue", env);
  return new ProjectIssues(client, project);
}

/**
 * A file of the checkout, as the project's default branch has it.
 * @throws CommandError (exit 2) outside of a job, and without a token of the project
 */
export function projectFile(file: string, env: NodeJS.ProcessEnv = process.env): ProjectFile {
  const { client, project } = jobsProject("--commit", env);
  const { CI_DEFAULT_BRANCH: branch, CI_PROJECT_DIR: root } = env;
  if (!branch || !root) {
    const missing = branch ? "CI_PROJECT_DIR" : "CI_DEFAULT_BRANCH";
    throw new CommandError(`--commit needs ${missing}, as GitLab sets it in a job.`, Exit.usage);
  }
  const path = relative(realpathSync(root), realpathSync(file));
  if (path.startsWith("..") || isAbsolute(path)) {
    throw new CommandError(`--commit: ${file} is not within the job's checkout (${root}).`, Exit.usage);
  }
  const { GITLAB_USER_NAME: name, GITLAB_USER_EMAIL: email } = env;
  const author = name && email ? { name, email } : undefined;
  return new ProjectFile(client, { project, branch, path, author }, TOKEN);
}

/**
 * The settings' GitLab, in a job or elsewhere.
 * @param purpose what needs it: "Deleting tags in GitLab's registry"
 * @throws CommandError (exit 2) without a token that may do it
 */
export function settingsGitlab({ url }: GitlabSettings, purpose: string, env = process.env): GitlabClient {
  return new GitlabClient({ api: apiOf({ url }, env), token: gitlabToken(env, purpose), tokenName: TOKEN });
}

/** Where the settings' GitLab has its API; in a job, as GitLab says. */
export function apiOf({ url }: Pick<GitlabSettings, "url">, env: NodeJS.ProcessEnv): string {
  return env.CI_API_V4_URL || `${url.replace(/\/$/, "")}/api/v4`;
}

/** @throws CommandError (exit 2) outside of a job, and without a token of the project */
function jobsProject(flag: string, env: NodeJS.ProcessEnv): { client: GitlabClient; project: string } {
  const { CI_API_V4_URL: api, CI_PROJECT_ID: project } = env;
  if (!api || !project) {
    const missing = [...(api ? [] : ["CI_API_V4_URL"]), ...(project ? [] : ["CI_PROJECT_ID"])];
    throw new CommandError(
      `${flag} tells GitLab, and this is no job of it: ${missing.join(", ")} isn't set as GitLab sets it.`,
      Exit.usage,
    );
  }
  return { client: new GitlabClient({ api, token: gitlabToken(env, flag), tokenName: TOKEN }), project };
}

/** @throws CommandError (exit 2) where there is none, or a job's own */
export function gitlabToken(env: NodeJS.ProcessEnv = process.env, flag = "--note"): string {
  const found = tokenIn(env, TOKEN);
  if (!found) throw new CommandError(`${flag} needs ${TOKEN}. ${HOW}`, Exit.usage);
  const { token } = found;
  if (token === "")
    throw new CommandError(`${TOKEN}: there is no token in the file ${env[TOKEN]?.trim()}`, Exit.usage);
  if (token === env.CI_JOB_TOKEN || token.startsWith("glcbt-")) {
    throw new CommandError(
      `${TOKEN} is the job's own token, which may read notes and not write them. ${HOW}`,
      Exit.usage,
    );
  }
  return token;
}
