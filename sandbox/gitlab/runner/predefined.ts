import type { Variables } from "./expression";
import type { Job } from "./job";

export type Source = "push" | "merge_request_event" | "schedule" | "web";

export interface MergeRequest {
  readonly id: number;
  readonly iid: number;
  readonly title: string;
  readonly source_branch: string;
  readonly target_branch: string;
}

/** What a pipeline is of. */
export interface Wish {
  readonly id: number;
  readonly source: Source;
  readonly commit: string;
  readonly title: string;
  readonly branch: string;
  readonly tag?: string | undefined;
  readonly mergeRequest?: MergeRequest | undefined;
  readonly defaultBranch: string;
}

/** Where it runs. */
export interface Instance {
  readonly url: string;
  readonly registry: string;
  readonly project: string;
  readonly projectId: number;
  readonly registryUser: string;
  readonly jobToken: string;
}

/** GitLab's predefined variables of a pipeline, known when it is made: rules may look at them. */
export function pipelineVariables(wish: Wish, instance: Instance): Variables {
  const { source, commit, branch, tag, mergeRequest, defaultBranch } = wish;
  const { url, project, registry } = instance;
  const { host, hostname, port, protocol } = new URL(url);
  const ref = tag ?? mergeRequest?.source_branch ?? branch;
  return {
    CI: "true",
    GITLAB_CI: "true",
    CI_SERVER: "yes",
    CI_SERVER_URL: url,
    CI_SERVER_FQDN: host,
    CI_SERVER_HOST: hostname,
    CI_SERVER_PORT: port,
    CI_SERVER_PROTOCOL: protocol.slice(0, -1),
    CI_API_V4_URL: `${url}/api/v4`,
    CI_PROJECT_ID: String(instance.projectId),
    CI_PROJECT_PATH: project,
    CI_PROJECT_NAME: project.split("/").at(-1),
    CI_PROJECT_NAMESPACE: project.split("/").slice(0, -1).join("/"),
    CI_PROJECT_URL: `${url}/${project}`,
    CI_DEFAULT_BRANCH: defaultBranch,
    CI_REGISTRY: registry,
    CI_REGISTRY_IMAGE: `${registry}/${project}`,
    CI_PIPELINE_ID: String(wish.id),
    CI_PIPELINE_IID: String(wish.id),
    CI_PIPELINE_SOURCE: source,
    CI_PIPELINE_URL: `${url}/${project}/-/pipelines/${wish.id}`,
    CI_COMMIT_SHA: commit,
    CI_COMMIT_SHORT_SHA: commit.slice(0, 8),
    CI_COMMIT_TITLE: wish.title,
    CI_COMMIT_REF_NAME: ref,
    CI_COMMIT_REF_SLUG: slug(ref),
    // A merge request's pipeline is of no branch, and so is a tag's.
    ...(tag === undefined && !mergeRequest && { CI_COMMIT_BRANCH: branch }),
    ...(tag !== undefined && { CI_COMMIT_TAG: tag }),
    ...(mergeRequest && mergeRequestVariables(mergeRequest, instance)),
    GITLAB_USER_LOGIN: "sandbox",
    GITLAB_USER_NAME: "Sandbox",
    GITLAB_USER_EMAIL: "sandbox@berth.invalid",
  };
}

function mergeRequestVariables(
  { id, iid, title, source_branch, target_branch }: MergeRequest,
  { projectId, project, url }: Instance,
): Variables {
  return {
    CI_MERGE_REQUEST_ID: String(id),
    CI_MERGE_REQUEST_IID: String(iid),
    CI_MERGE_REQUEST_TITLE: title,
    CI_MERGE_REQUEST_PROJECT_ID: String(projectId),
    CI_MERGE_REQUEST_PROJECT_PATH: project,
    CI_MERGE_REQUEST_PROJECT_URL: `${url}/${project}`,
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: source_branch,
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: target_branch,
    CI_MERGE_REQUEST_REF_PATH: `refs/merge-requests/${iid}/head`,
    CI_MERGE_REQUEST_EVENT_TYPE: "detached",
    // Set in pipelines of a merged result alone.
    CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: "",
    CI_MERGE_REQUEST_TARGET_BRANCH_SHA: "",
  };
}

/** What is known of a job when it starts. */
export function jobVariables(job: Job, id: number, folder: string, instance: Instance): Variables {
  const { url, project, jobToken, registryUser } = instance;
  const { environment } = job;
  return {
    CI_JOB_ID: String(id),
    CI_JOB_NAME: job.name,
    CI_JOB_STAGE: job.stage,
    CI_JOB_STATUS: "running",
    CI_JOB_URL: `${url}/${project}/-/jobs/${id}`,
    CI_PROJECT_DIR: folder,
    ...(job.image !== undefined && { CI_JOB_IMAGE: job.image }),
    CI_JOB_TOKEN: jobToken,
    CI_REGISTRY_USER: registryUser,
    CI_REGISTRY_PASSWORD: jobToken,
    CI_RUNNER_DESCRIPTION: "Berth's sandbox",
    CI_RUNNER_TAGS: "[]",
    CI_CONCURRENT_ID: "0",
    ...(environment && {
      CI_ENVIRONMENT_NAME: environment.name,
      CI_ENVIRONMENT_SLUG: slug(environment.name),
      CI_ENVIRONMENT_ACTION: environment.action,
      ...(environment.tier !== undefined && { CI_ENVIRONMENT_TIER: environment.tier }),
    }),
  };
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "-")
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, "");
}
