import { Repository } from "../git/repository";
import { Level, mustRead, mustReadAsJobToo, mustWrite } from "./base/caller";
import { ApiFailure, badParameter, failure } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body } from "./base/request";
import type { MergeRequest } from "./store";

/** By state and branches, the newest first, as GitLab lists them. */
export async function listMergeRequests(request: ApiRequest): Promise<ApiAnswer> {
  mustRead(request.caller);
  const { store, project, address } = request;
  const asked = (name: "state" | "source_branch" | "target_branch") =>
    address.searchParams.get(name) ?? "all";
  const found = store.content.mergeRequests.filter(
    (one) =>
      one.project === project &&
      (["state", "source_branch", "target_branch"] as const).every(
        (name) => asked(name) === "all" || asked(name) === one[name],
      ),
  );
  const { items, headers } = paginate(found.reverse(), address);
  for (const one of items) await followBranch(one, request);
  return { status: 200, body: items.map((one) => mergeRequestJson(one, request)), headers };
}

export async function getMergeRequest(request: ApiRequest): Promise<ApiAnswer> {
  mustRead(request.caller);
  const found = findMergeRequest(request);
  await followBranch(found, request);
  return { status: 200, body: mergeRequestJson(found, request) };
}

/** `sha` is the sandbox's own parameter, here and in the update: for where nobody has pushed the branch. */
export async function createMergeRequest(request: ApiRequest): Promise<ApiAnswer> {
  const { caller, store, project, body } = request;
  mustWrite(caller, Level.developer);
  const [source, target] = [body.text("source_branch"), body.text("target_branch")];
  const twin = store.content.mergeRequests.find(
    (one) =>
      one.project === project &&
      one.state === "opened" &&
      one.source_project_id === undefined &&
      one.source_branch === source &&
      one.target_branch === target,
  );
  // By commit numbers of their own, tests open several without any branch.
  if (twin && !body.has("sha"))
    throw new ApiFailure(409, {
      message: [`Another open merge request already exists for this source branch: !${twin.iid}`],
    });
  return { status: 201, body: mergeRequestJson(await openMergeRequest(request), request) };
}

/** For whoever may, by the API or with a push. */
export async function openMergeRequest(request: ApiRequest): Promise<MergeRequest> {
  const { caller, store, project, body } = request;
  const now = new Date().toISOString();
  const created: MergeRequest = {
    id: store.nextId(),
    iid: 1 + store.content.mergeRequests.filter((one) => one.project === project).length,
    project,
    title: body.text("title"),
    description: body.optional("description") ?? "",
    state: "opened",
    sha: shaIn(body) ?? "0".repeat(40),
    source_branch: body.text("source_branch"),
    target_branch: body.text("target_branch"),
    author: caller.user,
    created_at: now,
    updated_at: now,
  };
  await followBranch(created, request);
  store.content.mergeRequests.push(created);
  store.changed();
  return created;
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
  const sha = shaIn(body) ?? found.sha;
  if (sha !== found.sha) found.past = [...(found.past ?? []), found.sha];
  found.sha = sha;
  found.updated_at = new Date().toISOString();
  store.changed();
  return { status: 200, body: mergeRequestJson(found, request) };
}

/** `merge_commit_sha` is the sandbox's own parameter. */
export function mergeMergeRequest(request: ApiRequest): ApiAnswer {
  const { caller, store, body } = request;
  mustWrite(caller, Level.developer);
  const found = findMergeRequest(request);
  if (found.state !== "opened") throw failure(405, "Method Not Allowed");
  found.merge_commit_sha = shaIn(body, "merge_commit_sha") ?? found.sha;
  found.state = "merged";
  found.updated_at = new Date().toISOString();
  store.changed();
  return { status: 200, body: mergeRequestJson(found, request) };
}

/** Those that the commit was, or is, the head of, and the one that it merged; the newest first. */
export function mergeRequestsOfCommit(request: ApiRequest): ApiAnswer {
  const { caller, store, project, parts, address } = request;
  mustReadAsJobToo(caller);
  const [sha = ""] = parts;
  const found = store.content.mergeRequests.filter(
    (one) => one.project === project && [one.sha, one.merge_commit_sha, ...(one.past ?? [])].includes(sha),
  );
  const { items, headers } = paginate(found.reverse(), address);
  return { status: 200, body: items.map((one) => mergeRequestJson(one, request)), headers };
}

/** The head of an open merge request is that of its branch, if the repository has it. */
async function followBranch(one: MergeRequest, { dir, project, store }: ApiRequest): Promise<void> {
  const head = await Repository.of(dir, project).headOf(one.source_branch);
  if (one.state !== "opened" || !head || head === one.sha) return;
  if (Number.parseInt(one.sha, 16) !== 0) one.past = [...(one.past ?? []), one.sha];
  one.sha = head;
  store.changed();
}

export function findMergeRequest({ store, project, numbers: [iid] }: ApiRequest): MergeRequest {
  const found = store.content.mergeRequests.find((one) => one.project === project && one.iid === iid);
  if (!found) throw failure(404, "Not found");
  return found;
}

function shaIn(body: Body, name = "sha"): string | undefined {
  const sha = body.optional(name);
  if (sha !== undefined && !/^[0-9a-f]{40}$/.test(sha)) throw badParameter(`${name} is invalid`);
  return sha;
}

function mergeRequestJson(
  { project, past: _, ...one }: MergeRequest,
  { store, address }: ApiRequest,
): object {
  const web_url = `${address.origin}/${project}/-/merge_requests/${one.iid}`;
  const user_notes_count = store.content.notes.filter(
    ({ noteable_type, noteable_id }) => noteable_type === "MergeRequest" && noteable_id === one.id,
  ).length;
  const project_id = store.idOf(`project ${project}`);
  const places = {
    project_id,
    source_project_id: one.source_project_id ?? project_id,
    target_project_id: project_id,
  };
  return { ...one, ...places, draft: false, user_notes_count, web_url };
}
