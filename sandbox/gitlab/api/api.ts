import type { IncomingMessage } from "node:http";
import { readTokens, type TokenFile } from "../access-tokens";
import { Repository } from "../git/repository";
import { type Caller, callerOf, levelOf, mustRead } from "./base/caller";
import { ApiFailure, failure, notInSandbox } from "./base/failure";
import { RateLimit, type RateLimitSettings } from "./base/rate-limit";
import { type ApiAnswer, type ApiRequest, type Route, readBody } from "./base/request";
import { deployTokenRoutes } from "./deploy-tokens";
import { createDeployment, getDeployment, listDeployments, updateDeployment } from "./deployments";
import {
  createEnvironment,
  deleteEnvironment,
  getEnvironment,
  listEnvironments,
  stopEnvironment,
  updateEnvironment,
} from "./environments";
import { createIssue, getIssue, listIssues, updateIssue } from "./issues";
import {
  createMergeRequest,
  getMergeRequest,
  listMergeRequests,
  mergeMergeRequest,
  mergeRequestsOfCommit,
  updateMergeRequest,
} from "./merge-requests";
import { metadata } from "./metadata";
import { notesOf } from "./notes";
import { pipelineScheduleRoutes } from "./pipeline-schedules";
import { ownToken, projectAccessTokenRoutes } from "./project-access-tokens";
import { protectedEnvironmentRoutes } from "./protected-environments";
import { protectedRefRoutes } from "./protected-refs";
import { deleteRegistryTag, getRegistryTag, listRegistryRepositories, listRegistryTags } from "./registry";
import { repositoryRoutes } from "./repository";
import { ApiStore } from "./store";
import { variableRoutes } from "./variables";

export interface ApiOptions {
  /** The Community Edition. */
  readonly isCommunity?: boolean | undefined;
  /** @default none, as in a GitLab that is newly installed */
  readonly rateLimit?: RateLimitSettings | undefined;
  /** GitLab Free: without the protected environments of Premium. */
  readonly isFree?: boolean | undefined;
}

const [mergeRequestNotes, issueNotes] = [notesOf("MergeRequest"), notesOf("Issue")];

const ROUTES: readonly Route[] = [
  ["GET", "", getProject],
  ["GET", "/merge_requests", listMergeRequests],
  ["POST", "/merge_requests", createMergeRequest],
  ["GET", "/merge_requests/#", getMergeRequest],
  ["PUT", "/merge_requests/#", updateMergeRequest],
  ["GET", "/merge_requests/#/notes", mergeRequestNotes.list],
  ["POST", "/merge_requests/#/notes", mergeRequestNotes.create],
  ["GET", "/merge_requests/#/notes/#", mergeRequestNotes.get],
  ["PUT", "/merge_requests/#/notes/#", mergeRequestNotes.update],
  ["DELETE", "/merge_requests/#/notes/#", mergeRequestNotes.remove],
  ["GET", "/issues", listIssues],
  ["POST", "/issues", createIssue],
  ["GET", "/issues/#", getIssue],
  ["PUT", "/issues/#", updateIssue],
  ["GET", "/issues/#/notes", issueNotes.list],
  ["POST", "/issues/#/notes", issueNotes.create],
  ["GET", "/issues/#/notes/#", issueNotes.get],
  ["PUT", "/issues/#/notes/#", issueNotes.update],
  ["DELETE", "/issues/#/notes/#", issueNotes.remove],
  ["PUT", "/merge_requests/#/merge", mergeMergeRequest],
  ["GET", "/repository/commits/*/merge_requests", mergeRequestsOfCommit],
  ["GET", "/environments", listEnvironments],
  ["POST", "/environments", createEnvironment],
  ["GET", "/environments/#", getEnvironment],
  ["PUT", "/environments/#", updateEnvironment],
  ["DELETE", "/environments/#", deleteEnvironment],
  ["POST", "/environments/#/stop", stopEnvironment],
  ["GET", "/deployments", listDeployments],
  ["POST", "/deployments", createDeployment],
  ["GET", "/deployments/#", getDeployment],
  ["PUT", "/deployments/#", updateDeployment],
  ...variableRoutes,
  ...deployTokenRoutes,
  ...projectAccessTokenRoutes,
  ...pipelineScheduleRoutes,
  ...protectedRefRoutes,
  ...protectedEnvironmentRoutes,
  ...repositoryRoutes,
  ["GET", "/registry/repositories", listRegistryRepositories],
  ["GET", "/registry/repositories/#/tags", listRegistryTags],
  ["GET", "/registry/repositories/#/tags/*", getRegistryTag],
  ["DELETE", "/registry/repositories/#/tags/*", deleteRegistryTag],
];

/** `/api/v4` of the sandbox's GitLab: a project and what belongs to it, for tokens of one project each. */
export class GitlabApi {
  readonly store: ApiStore;
  private readonly limit: RateLimit | undefined;
  private readonly isFree: boolean;
  private readonly isCommunity: boolean;

  constructor(
    private readonly dir: string,
    { rateLimit, isFree = false, isCommunity = false }: ApiOptions = {},
  ) {
    this.store = new ApiStore(dir);
    this.limit = rateLimit && new RateLimit(rateLimit);
    this.isFree = isFree;
    this.isCommunity = isCommunity;
  }

  /** Never throws what GitLab itself would answer. */
  async answer(request: IncomingMessage): Promise<ApiAnswer | ApiFailure> {
    let headers: Record<string, string> = {};
    try {
      const tokens = readTokens(this.dir);
      const caller = callerOf(request.headers, tokens, this.store);
      headers = this.limit?.count(caller.token.token) ?? {};
      const answer = await this.route(request, caller, tokens);
      return { ...answer, headers: { ...headers, ...answer.headers } };
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      return new ApiFailure(error.status, error.body, { ...headers, ...error.headers });
    }
  }

  private async route(request: IncomingMessage, caller: Caller, tokens: TokenFile): Promise<ApiAnswer> {
    const address = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
    const path = address.pathname.slice("/api/v4".length);
    const what = `${request.method} /api/v4${path}`;
    if (path === "/user" && request.method === "GET") {
      mustRead(caller);
      return { status: 200, body: { ...caller.user, state: "active", bot: !caller.token.personal } };
    }
    if (path === "/personal_access_tokens/self" && request.method === "GET")
      return ownToken(caller, this.store);
    if (path === "/metadata" && request.method === "GET") return metadata(caller, this.isCommunity);
    const [, id, rest = ""] = /^\/projects\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const match = ROUTES.find(([method, route]) => method === request.method && pattern(route).test(rest));
    if (id === undefined || !match) throw notInSandbox(what);
    if (this.isFree && protectedEnvironmentRoutes.includes(match))
      throw new ApiFailure(404, { error: "404 Not Found" });
    const project = this.visibleProject(decoded(id), caller, tokens);
    const numbers = (rest.match(/\/\d+(?=\/|$)/g) ?? []).map((part) => Number(part.slice(1)));
    const parts = pattern(match[1]).exec(rest)!.slice(1).map(decoded);
    const body = await readBody(request);
    return match[2]({ caller, store: this.store, dir: this.dir, project, numbers, parts, address, body });
  }

  /** Private projects: who is no member of one doesn't learn that it exists. */
  private visibleProject(id: string, { token }: Caller, { projects }: TokenFile): string {
    const found = projects.find(
      ({ path }) => path === id || String(this.store.idOf(`project ${path}`)) === id,
    );
    if (!found || found.path !== token.project) throw failure(404, "Project Not Found");
    return found.path;
  }
}

async function getProject({ caller, store, project, address, dir }: ApiRequest): Promise<ApiAnswer> {
  mustRead(caller);
  const repository = await Repository.of(dir, project).ensure();
  const id = store.idOf(`project ${project}`);
  const web_url = `${address.origin}/${project}`;
  const body = { id, path_with_namespace: project, name: project.split("/").at(-1), web_url };
  const access = { access_level: levelOf(caller.token), notification_level: 3 };
  const git = {
    default_branch: await repository.defaultBranch(),
    empty_repo: await repository.isEmpty(),
    http_url_to_repo: `${web_url}.git`,
  };
  const permissions = { project_access: access, group_access: null };
  return { status: 200, body: { ...body, visibility: "private", ...git, permissions } };
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    throw failure(404, "Project Not Found");
  }
}

function pattern(route: string): RegExp {
  return new RegExp(`^${route.replaceAll("#", "\\d+").replaceAll("*", "([^/]+)")}$`);
}
