import { Level, mustReadAsJobToo, mustWriteAsJobToo } from "./base/caller";
import { ApiFailure, badParameter, failure } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body } from "./base/request";
import { environmentFor, environmentJson, environmentOf } from "./environments";
import { mustDeployTo } from "./protected-environments";
import type { Deployment } from "./store";

/** What a deployment may be told to be; `created` and `blocked` are GitLab's own. */
const STATUSES = ["running", "success", "failed", "canceled"] as const;
const ORDERS = ["id", "iid", "created_at", "updated_at", "ref"] as const;

/** By `environment` and `status`; ordered by `order_by` and `sort`, the oldest first unless told otherwise. */
export function listDeployments(request: ApiRequest): ApiAnswer {
  mustReadAsJobToo(request.caller);
  const { searchParams } = request.address;
  const status = searchParams.get("status");
  if (status && !["created", "blocked", ...STATUSES].includes(status)) throw invalid("status");
  const by = ORDERS.find((one) => one === (searchParams.get("order_by") ?? "id"));
  if (!by) throw invalid("order_by");
  const sort = searchParams.get("sort") ?? "asc";
  if (sort !== "asc" && sort !== "desc") throw invalid("sort");
  const environment = searchParams.get("environment");
  const found = deploymentsOf(request)
    .filter((one) => !status || one.status === status)
    .filter((one) => !environment || environmentOf(request.store, one.environment).name === environment)
    .sort((a, b) => (a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : a.id - b.id));
  const { items, headers } = paginate(sort === "asc" ? found : found.reverse(), request.address);
  return { status: 200, body: items.map((one) => deploymentJson(one, request)), headers };
}

export function getDeployment(request: ApiRequest): ApiAnswer {
  mustReadAsJobToo(request.caller);
  return { status: 200, body: deploymentJson(findDeployment(request), request) };
}

/** Makes the environment, too, where there is none of that name. */
export function createDeployment(request: ApiRequest): ApiAnswer {
  const { caller, store, project, body } = request;
  mustWriteAsJobToo(caller, Level.developer);
  const name = body.text("environment");
  const [sha, ref, tag, status] = [body.text("sha"), body.text("ref"), body.text("tag"), statusIn(body)];
  if (!/^[0-9a-f]{40}$/.test(sha)) throw problem("sha", "The commit does not exist");
  if (tag !== "true" && tag !== "false") throw badParameter("tag is invalid");
  const environment = environmentFor(request, name);
  mustDeployTo(request, name);
  const now = new Date().toISOString();
  const created: Deployment = {
    id: store.nextId(),
    iid: 1 + Math.max(0, ...deploymentsOf(request).map(({ iid }) => iid)),
    project,
    environment: environment.id,
    ref,
    sha,
    tag: tag === "true",
    status,
    user: caller.user,
    created_at: now,
    updated_at: now,
  };
  if (status === "success") environment.state = "available";
  store.content.deployments.push(created);
  store.changed();
  return { status: 201, body: deploymentJson(created, request) };
}

/** A deployment that has ended can become another one's end; it never runs again. */
export function updateDeployment(request: ApiRequest): ApiAnswer {
  mustWriteAsJobToo(request.caller, Level.developer);
  const found = findDeployment(request);
  mustDeployTo(request, environmentOf(request.store, found.environment).name);
  const status = statusIn(request.body);
  if (status === found.status || status === "running") {
    const event = { running: "run", success: "succeed", failed: "drop", canceled: "cancel" }[status];
    throw problem("status", `cannot transition via "${event}"`);
  }
  found.status = status;
  found.updated_at = new Date().toISOString();
  if (status === "success") environmentOf(request.store, found.environment).state = "available";
  request.store.changed();
  return { status: 200, body: deploymentJson(found, request) };
}

function deploymentsOf({ store, project }: ApiRequest): Deployment[] {
  return store.content.deployments.filter((one) => one.project === project);
}

function findDeployment(request: ApiRequest): Deployment {
  const found = deploymentsOf(request).find(({ id }) => id === request.numbers[0]);
  if (!found) throw failure(404, "Not found");
  return found;
}

function statusIn(body: Body): (typeof STATUSES)[number] {
  const given = body.text("status");
  const found = STATUSES.find((one) => one === given);
  if (!found) throw invalid("status");
  return found;
}

const invalid = (name: string) => badParameter(`${name} does not have a valid value`);

const problem = (property: string, words: string) =>
  new ApiFailure(400, { message: { [property]: [words] } });

/** None of them is a job's: GitLab makes those by itself, and lets nobody change them. */
function deploymentJson({ project: _, ...one }: Deployment, { store }: ApiRequest): object {
  const environment = environmentJson(environmentOf(store, one.environment));
  return { ...one, environment, deployable: null };
}
