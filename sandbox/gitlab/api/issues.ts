import { Level, mustRead, mustWrite } from "./base/caller";
import { badParameter, failure, notInSandbox } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body } from "./base/request";
import type { Issue } from "./store";

/** By `state`, `scope`, `labels` (all of them) and `search` in title and description; the newest first, unless `sort=asc`. */
export function listIssues(request: ApiRequest): ApiAnswer {
  mustRead(request.caller);
  const { searchParams } = request.address;
  const state = searchParams.get("state") ?? "all";
  if (!["all", "opened", "closed"].includes(state)) throw badParameter("state does not have a valid value");
  const scope = searchParams.get("scope") ?? "all";
  if (!["all", "created_by_me"].includes(scope)) throw notInSandbox(`issues by scope=${scope}`);
  const mine = (one: Issue) => scope === "all" || one.author.id === request.caller.user.id;
  const labels = (searchParams.get("labels") ?? "").split(",").filter(Boolean);
  const search = searchParams.get("search")?.toLowerCase() ?? "";
  const found = request.store.content.issues
    .filter((one) => one.project === request.project && (state === "all" || one.state === state))
    .filter(mine)
    .filter((one) => labels.every((label) => one.labels.includes(label)))
    .filter(({ title, description }) => `${title}\n${description}`.toLowerCase().includes(search));
  const { items, headers } = paginate(
    searchParams.get("sort") === "asc" ? found : found.reverse(),
    request.address,
  );
  return { status: 200, body: items.map((one) => issueJson(one, request)), headers };
}

export function getIssue(request: ApiRequest): ApiAnswer {
  mustRead(request.caller);
  return { status: 200, body: issueJson(findIssue(request), request) };
}

export function createIssue(request: ApiRequest): ApiAnswer {
  const { caller, store, project, body } = request;
  mustWrite(caller, Level.guest);
  const now = new Date().toISOString();
  const created: Issue = {
    id: store.nextId(),
    iid: 1 + store.content.issues.filter((one) => one.project === project).length,
    project,
    title: titleIn(body.text("title")),
    description: body.optional("description") ?? "",
    state: "opened",
    labels: body.list("labels") ?? [],
    confidential: body.flag("confidential"),
    author: caller.user,
    created_at: now,
    updated_at: now,
    closed_at: null,
  };
  store.content.issues.push(created);
  store.changed();
  return { status: 201, body: issueJson(created, request) };
}

export function updateIssue(request: ApiRequest): ApiAnswer {
  const { caller, store, body } = request;
  mustWrite(caller, Level.reporter);
  const found = findIssue(request);
  const title = body.optional("title");
  if (title !== undefined) found.title = titleIn(title);
  found.description = body.optional("description") ?? found.description;
  found.labels = labelsAfter(found.labels, body);
  found.updated_at = new Date().toISOString();
  moveState(found, body.optional("state_event"));
  store.changed();
  return { status: 200, body: issueJson(found, request) };
}

export function findIssue({ store, project, numbers: [iid] }: ApiRequest): Issue {
  const found = store.content.issues.find((one) => one.project === project && one.iid === iid);
  if (!found) throw failure(404, "Issue Not Found");
  return found;
}

function moveState(issue: Issue, event: string | undefined): void {
  if (event === undefined) return;
  if (event !== "close" && event !== "reopen") throw badParameter("state_event does not have a valid value");
  issue.state = event === "close" ? "closed" : "opened";
  issue.closed_at = event === "close" ? issue.updated_at : null;
}

function labelsAfter(labels: string[], body: Body): string[] {
  const kept = (body.list("labels") ?? labels).filter((one) => !body.list("remove_labels")?.includes(one));
  return [...new Set([...kept, ...(body.list("add_labels") ?? [])])];
}

function titleIn(text: string): string {
  if (text.trim() === "") throw badParameter("title is empty");
  if (text.length > 255) throw failure(400, "Bad request - title is too long (maximum is 255 characters)");
  return text;
}

function issueJson({ project, ...one }: Issue, { store, address }: ApiRequest): object {
  const web_url = `${address.origin}/${project}/-/issues/${one.iid}`;
  return { ...one, project_id: store.idOf(`project ${project}`), type: "ISSUE", web_url };
}
