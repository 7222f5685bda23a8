import type { UpdateJob } from "./gitlab";
import type { MergeRequestPlace } from "./merge-request-notes";

interface MergeRequest {
  readonly iid: number;
  /** Where it is, which for one from a fork is not where the commit is. */
  readonly project_id?: number;
  readonly state: string;
  readonly sha?: string | null;
  readonly merge_commit_sha?: string | null;
  readonly squash_commit_sha?: string | null;
}

/**
 * The merge request that a job's commit came from; undefined where it came from none.
 * @throws GitlabError
 */
export async function mergeRequestOf({
  client,
  project,
  commit,
  mergeRequest,
}: UpdateJob): Promise<MergeRequestPlace | undefined> {
  if (mergeRequest !== undefined) return mergeRequest;
  const path = `/projects/${encodeURIComponent(project)}/repository/commits/${commit}/merge_requests?per_page=100`;
  const attempt = `look for the merge request of commit ${commit.slice(0, 12)}`;
  const found: MergeRequest[] = [];
  for await (const page of client.pages<MergeRequest>({ path, attempt })) found.push(...page);
  const request = likeliest(found, commit);
  return request && { project: String(request.project_id ?? project), iid: request.iid };
}

/** A commit is in every merge request of a branch that has it: first the one that brought it, then one that is merged. */
function likeliest(found: readonly MergeRequest[], commit: string): MergeRequest | undefined {
  const brought = found.find(
    ({ merge_commit_sha, squash_commit_sha }) => merge_commit_sha === commit || squash_commit_sha === commit,
  );
  const headed = found.find(({ sha, state }) => sha === commit && state !== "closed");
  const merged = found.find(({ state }) => state === "merged");
  return brought ?? headed ?? merged ?? found.find(({ state }) => state === "opened");
}
