import { Level, mustRead, mustWrite } from "./caller";
import { badParameter, failure } from "./failure";
import type { ApiAnswer, ApiRequest, Body } from "./request";
import type { MergeRequest } from "./store";

export function getMergeRequest(request: ApiRequest): ApiAnswer {
  mustRead(request.caller);
  return { status: 200, body: mergeRequestJson(findMergeRequest(request), request) };
}

/**
 * `sha` is the sandbox's own parameter, here and in the update: there is no repository whose branch could have a head.
 */
export function createMergeRequest(request: ApiRequest): ApiAnswer {
  const { caller, store, project, body } = request;
  mustWrite(caller, Level.developer);
  const now = new Date().toISOString();
  const created: MergeRequest = {
    id: store.nextId(),
    iid: 1 + store.content.mergeRequests.filter((one) => one.project === project).length,
    ...{ project, title: body.text("title"), description: body.optional("description") ?? "" },
    ...{ state: "opened", sha: shaIn(body) ?? "0".repeat(40) },
    ...{ source_branch: body.text("source_branch"), target_branch: body.text("target_branch") },
    ...{ author: caller.user, created_at: now, updated_at: now },
  };
  store.content.mergeRequests.push(created);
  store.changed();
  return { status: 201, body: mergeRequestJson(created, request) };
}

export function updateMergeRequest(request: ApiRequest): ApiAnswer {
  const { caller, store, body } = request;
  mustWrite(caller, Level.developer);
  const found = findMergeRequest(request);
  const event = body.optional("state_event");
  if (event !== undefined && event !== "close" && event !== "reopen")
    throw badParameter("state_event does not have a valid value");
  if (event === "close") found.state = "closed";
  if (event === "reopen") found.state = "opened";
  found.title = body.optional("title") ?? found.title;
  found.description = body.optional("description") ?? found.description;
  found.sha = shaIn(body) ?? found.sha;
  found.updated_at = new Date().toISOString();
  store.changed();
  return { status: 200, body: mergeRequestJson(found, request) };
}

export function findMergeRequest({ store, project, numbers: [iid] }: ApiRequest): MergeRequest {
  const found = store.content.mergeRequests.find((one) => one.project === project && one.iid === iid);
  if (!found) throw failure(404, "Not found");
  return found;
}

function shaIn(body: Body): string | undefined {
  const sha = body.optional("sha");
  if (sha !== undefined && !/^[0-9a-f]{40}$/.test(sha)) throw badParameter("sha is invalid");
  return sha;
}

function mergeRequestJson({ project, ...one }: MergeRequest, { store, address }: ApiRequest): object {
  const web_url = `${address.origin}/${project}/-/merge_requests/${one.iid}`;
  const user_notes_count = store.content.notes.filter(
    ({ noteable_type, noteable_id }) => noteable_type === "MergeRequest" && noteable_id === one.id,
  ).length;
  return { ...one, project_id: store.idOf(`project ${project}`), draft: false, user_notes_count, web_url };
}
