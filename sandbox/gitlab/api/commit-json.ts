import type { Repository } from "../git/repository";
import type { ApiRequest } from "./base/request";

const FIELDS = ["%H", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%s", "%B"];

/** A commit as GitLab's API tells it. */
export async function commitJson(
  commit: string,
  repository: Repository,
  { project, address }: ApiRequest,
): Promise<object> {
  const text = (await repository.git(["log", "-1", `--format=${FIELDS.join("%x00")}`, commit])).toString(
    "utf8",
  );
  const [id = "", parents = "", ...rest] = text.split("\0");
  const [
    author_name,
    author_email,
    authored_date,
    committer_name,
    committer_email,
    committed_date,
    title,
    message,
  ] = rest;
  return {
    id,
    short_id: id.slice(0, 8),
    created_at: committed_date,
    title,
    message: message?.trimEnd(),
    parent_ids: parents.split(" ").filter(Boolean),
    author_name,
    author_email,
    authored_date,
    committer_name,
    committer_email,
    committed_date,
    web_url: `${address.origin}/${project}/-/commit/${id}`,
  };
}
