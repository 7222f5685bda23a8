import type { UpdateJob } from "./gitlab";
import type { Answered } from "./gitlab-client";

interface MergeRequest {
  readonly iid: number;
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
}: UpdateJob): Promise<number | undefined> {
  if (mergeRequest !== undefined) return mergeRequest;
  const path = `/projects/${encodeURIComponent(project)}/repository/commits/${commit}/merge_requests?per_page=100`;
  const attempt = `look for the merge request of commit ${commit.slice(0, 12)}`;
  const { value }: Answered<MergeRequest[]> = await client.ask({ method: "GET", path, attempt });
  return likeliest(value, commit)?.iid;
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
