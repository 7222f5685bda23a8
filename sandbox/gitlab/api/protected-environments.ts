import { Level, levelOf, mustWrite } from "./base/caller";
import { ApiFailure, badParameter, failure, notInSandbox } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body, Route } from "./base/request";
import type { ApiStore, ApprovalRule, DeployLevel, ProtectedEnvironment } from "./store";

/**
 * A project's protected environments, as GitLab Premium has them: by role, not by person or group. They are known by their names,
 * and there need not be an environment of that name. Who may not deploy is refused by the API; approvals are kept, and nothing
 * waits for them.
 */
export const protectedEnvironmentRoutes: readonly Route[] = [
  ["GET", "/protected_environments", list],
  ["POST", "/protected_environments", protect],
  ["GET", "/protected_environments/*", get],
  ["PUT", "/protected_environments/*", update],
  ["DELETE", "/protected_environments/*", unprotect],
];

/** Administrators have no description in GitLab's own. */
const DESCRIPTIONS: Readonly<Record<number, string | null>> = {
  30: "Developers + Maintainers",
  40: "Maintainers",
  60: null,
};

const DEPRECATED =
  "Parameter 'required_approval_count' is deprecated and shouldn't be used. See https://gitlab.com/groups/gitlab-org/-/epics/9662";

/** As GitLab's policy for environments: deploying, changing, stopping and deleting. @throws ApiFailure 403 */
export function mustDeployTo({ caller, store, project }: ApiRequest, environment: string): void {
  const found = protectedOf(store, project).find(({ name }) => name === environment);
  if (found && !found.deploy.some(({ level }) => levelOf(caller.token) >= level))
    throw failure(403, "Forbidden");
}

function list({ caller, store, project, address }: ApiRequest): ApiAnswer {
  mustWrite(caller, Level.maintainer);
  const sorted = protectedOf(store, project).sort((a, b) => (a.name < b.name ? -1 : 1));
  const { items, headers } = paginate(sorted, address);
  return { status: 200, body: items.map(toJson), headers };
}

function get(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  return { status: 200, body: toJson(find(request)) };
}

function protect({ caller, store, project, body }: ApiRequest): ApiAnswer {
  mustWrite(caller, Level.maintainer);
  const name = body.text("name");
  const created: ProtectedEnvironment = { project, name, deploy: [], approvals: [] };
  created.deploy = merged([], body.objects("deploy_access_levels"), "deploy_access_levels", levelIn, store);
  created.approvals = merged([], rulesIn(body), "approval_rules", ruleIn, store);
  mustNotCount(body);
  if (protectedOf(store, project).some((one) => one.name === name))
    throw new ApiFailure(409, { message: `Environment '${name}' is already protected` });
  mustBeWhole(created);
  store.content.protectedEnvironments.push(created);
  store.changed();
  return { status: 201, body: toJson(created) };
}

/** Entries with an `id` are changed, those with `_destroy` go, those without an id are new, others stay. */
function update(request: ApiRequest): ApiAnswer {
  const { caller, store, body } = request;
  mustWrite(caller, Level.maintainer);
  const found = find(request);
  const levels = body.has("deploy_access_levels") ? body.objects("deploy_access_levels") : [];
  const deploy = merged(found.deploy, levels, "deploy_access_levels", levelIn, store);
  const approvals = merged(found.approvals, rulesIn(body), "approval_rules", ruleIn, store);
  mustNotCount(body);
  mustBeWhole({ ...found, deploy });
  Object.assign(found, { deploy, approvals });
  store.changed();
  return { status: 200, body: toJson(found) };
}

function unprotect(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const { content } = request.store;
  const found = find(request);
  content.protectedEnvironments = content.protectedEnvironments.filter((one) => one !== found);
  request.store.changed();
  return { status: 204 };
}

type Reader<T> = (given: Body, where: string) => Omit<T, "id">;

function merged<T extends { readonly id: number }>(
  had: readonly T[],
  given: readonly Body[],
  name: string,
  read: Reader<T>,
  store: ApiStore,
): T[] {
  const entries = new Map(had.map((one) => [one.id, one]));
  given.forEach((entry, index) => {
    const wanted = read(entry, `${name}[${index}]`);
    const id = entry.has("id") ? Number(entry.text("id")) : store.nextId();
    if (entry.has("id") && !entries.has(id)) throw failure(404, "Not found");
    if (entry.flag("_destroy")) entries.delete(id);
    else entries.set(id, { ...wanted, id } as T);
  });
  return [...entries.values()];
}

function levelIn(given: Body, where: string): Omit<DeployLevel, "id"> {
  for (const name of ["user_id", "group_id"])
    if (given.has(name)) throw notInSandbox(`${name} in protected environments`);
  if (!given.has("access_level")) throw badParameter(`${where}[access_level] is missing`);
  const level = Number(given.text("access_level"));
  if (!(level in DESCRIPTIONS)) throw badParameter(`${where}[access_level] does not have a valid value`);
  return { level };
}

function ruleIn(given: Body, where: string): Omit<ApprovalRule, "id"> {
  const required = Number(given.optional("required_approvals") ?? 1);
  if (!Number.isInteger(required)) throw badParameter(`${where}[required_approvals] is invalid`);
  return { ...levelIn(given, where), required };
}

function rulesIn(body: Body): Body[] {
  return body.has("approval_rules") ? body.objects("approval_rules") : [];
}

function mustNotCount(body: Body): void {
  if (Number(body.optional("required_approval_count") ?? 0) > 0)
    throw new ApiFailure(422, { message: DEPRECATED });
}

function mustBeWhole({ name, deploy }: ProtectedEnvironment): void {
  const problems = [
    ...(name.trim() === "" ? ["Name can't be blank"] : []),
    ...(deploy.length === 0 ? ["Deploy access levels is too short (minimum is 1 character)"] : []),
  ];
  if (problems.length > 0) throw new ApiFailure(422, { message: problems });
}

function protectedOf(store: ApiStore, project: string): ProtectedEnvironment[] {
  return store.content.protectedEnvironments.filter((one) => one.project === project);
}

function find({ store, project, parts }: ApiRequest): ProtectedEnvironment {
  const found = protectedOf(store, project).find(({ name }) => name === parts[0]);
  if (!found) throw failure(404, "Not found");
  return found;
}

function toJson({ name, deploy, approvals }: ProtectedEnvironment): object {
  return {
    name,
    deploy_access_levels: deploy.map(levelJson),
    required_approval_count: 0,
    approval_rules: approvals.map(({ required, ...one }) => ({
      ...levelJson(one),
      required_approvals: required,
    })),
  };
}

function levelJson({ id, level }: DeployLevel): object {
  const role = { access_level: level, access_level_description: DESCRIPTIONS[level] };
  return { id, ...role, user_id: null, group_id: null, group_inheritance_type: 0 };
}
