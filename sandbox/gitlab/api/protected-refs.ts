import { Level, mustRead, mustWrite } from "./base/caller";
import { ApiFailure, badParameter, failure, notInSandbox } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body, Route } from "./base/request";
import type { ApiStore, ProtectedBranch, ProtectedTag } from "./store";

/** A project's protected branches and tags, as GitLab Free has them: by role, not by person. Names may hold `*`. */
export const protectedRefRoutes: readonly Route[] = [
  ["GET", "/protected_branches", listBranches],
  ["POST", "/protected_branches", protectBranch],
  ["GET", "/protected_branches/*", getBranch],
  ["PATCH", "/protected_branches/*", updateBranch],
  ["DELETE", "/protected_branches/*", unprotectBranch],
  ["GET", "/protected_tags", listTags],
  ["POST", "/protected_tags", protectTag],
  ["GET", "/protected_tags/*", getTag],
  ["DELETE", "/protected_tags/*", unprotectTag],
];

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  0: "No one",
  30: "Developers + Maintainers",
  40: "Maintainers",
  60: "Administrators",
};

const DEFAULT_BRANCH = "main";

/** A project's protected branches; GitLab protects the default one of a new project by itself. */
export function protectedBranches(store: ApiStore, project: string): ProtectedBranch[] {
  const first = `protection of ${DEFAULT_BRANCH} in ${project}`;
  if (store.content.ids[first] === undefined) {
    const levels = { push: Level.maintainer, merge: Level.maintainer, allow_force_push: false };
    store.content.protectedBranches.push({ id: store.idOf(first), project, name: DEFAULT_BRANCH, ...levels });
    store.changed();
  }
  return store.content.protectedBranches.filter((one) => one.project === project);
}

function listBranches({ caller, store, project, address }: ApiRequest): ApiAnswer {
  mustRead(caller);
  const search = address.searchParams.get("search") ?? "";
  const found = protectedBranches(store, project).filter(({ name }) => name.includes(search));
  const { items, headers } = paginate(found, address);
  return { status: 200, body: items.map(branchJson), headers };
}

function getBranch(request: ApiRequest): ApiAnswer {
  mustRead(request.caller);
  return { status: 200, body: branchJson(findBranch(request)) };
}

function protectBranch({ caller, store, project, body }: ApiRequest): ApiAnswer {
  mustWrite(caller, Level.maintainer);
  const name = body.text("name");
  if (protectedBranches(store, project).some((one) => one.name === name))
    throw new ApiFailure(409, { message: `Protected branch '${name}' already exists` });
  const created: ProtectedBranch = {
    id: store.nextId(),
    project,
    name,
    allow_force_push: body.flag("allow_force_push"),
    push: allowedIn(body, "allowed_to_push") ?? levelIn(body, "push_access_level"),
    merge: allowedIn(body, "allowed_to_merge") ?? levelIn(body, "merge_access_level"),
  };
  store.content.protectedBranches.push(created);
  store.changed();
  return { status: 201, body: branchJson(created) };
}

/** Roles are changed by a list that the Community Edition doesn't take: there that means protecting anew. */
function updateBranch(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const found = findBranch(request);
  const force = request.body.optional("allow_force_push");
  if (force !== undefined) found.allow_force_push = force === "true";
  found.push = allowedIn(request.body, "allowed_to_push", found.id) ?? found.push;
  found.merge = allowedIn(request.body, "allowed_to_merge", found.id) ?? found.merge;
  request.store.changed();
  return { status: 200, body: branchJson(found) };
}

function unprotectBranch(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const { content } = request.store;
  const found = findBranch(request);
  content.protectedBranches = content.protectedBranches.filter((one) => one !== found);
  request.store.changed();
  return { status: 204 };
}

function listTags(request: ApiRequest): ApiAnswer {
  mustRead(request.caller);
  const { items, headers } = paginate(tagsOf(request), request.address);
  return { status: 200, body: items.map(tagJson), headers };
}

function getTag(request: ApiRequest): ApiAnswer {
  mustRead(request.caller);
  return { status: 200, body: tagJson(findTag(request)) };
}

function protectTag(request: ApiRequest): ApiAnswer {
  const { caller, store, project, body } = request;
  mustWrite(caller, Level.maintainer);
  const name = body.text("name");
  if (tagsOf(request).some((one) => one.name === name))
    throw new ApiFailure(422, { message: ["Name has already been taken"] });
  const created: ProtectedTag = {
    id: store.nextId(),
    project,
    name,
    create: levelIn(body, "create_access_level"),
  };
  store.content.protectedTags.push(created);
  store.changed();
  return { status: 201, body: tagJson(created) };
}

function unprotectTag(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const { content } = request.store;
  const found = findTag(request);
  content.protectedTags = content.protectedTags.filter((one) => one !== found);
  request.store.changed();
  return { status: 204 };
}

function levelIn(body: Body, name: string): number {
  const level = Number(body.optional(name) ?? Level.maintainer);
  if (DESCRIPTIONS[level] === undefined) throw badParameter(`${name} does not have a valid value`);
  return level;
}

/**
 * The Enterprise Edition's lists, with a role in them and no people or groups. Undefined for an empty one: as it was, or the default.
 * @param id of what there is already, which has to go where another role comes: there is one at a time here
 */
function allowedIn(body: Body, name: string, id?: number): number | undefined {
  if (!body.has(name)) return undefined;
  const entries = body.objects(name);
  if (entries.length === 0) return undefined;
  const added = entries.filter((entry) => entry.has("access_level"));
  const removed = entries.filter((entry) => entry.flag("_destroy"));
  const wasRemoved = removed.every((entry) => entry.optional("id") === String(id));
  const known = added.length === 1 && removed.length === (id === undefined ? 0 : 1);
  if (!known || !wasRemoved || entries.length !== added.length + removed.length)
    throw notInSandbox(`${name} but for one role in place of another`);
  return levelIn(added[0]!, "access_level");
}

function findBranch({ store, project, parts }: ApiRequest): ProtectedBranch {
  const found = protectedBranches(store, project).find(({ name }) => name === parts[0]);
  if (!found) throw failure(404, "Not found");
  return found;
}

function tagsOf({ store, project }: ApiRequest): ProtectedTag[] {
  return store.content.protectedTags.filter((one) => one.project === project);
}

function findTag(request: ApiRequest): ProtectedTag {
  const found = tagsOf(request).find(({ name }) => name === request.parts[0]);
  if (!found) throw failure(404, "Not found");
  return found;
}

function levelsJson(id: number, level: number): object[] {
  const access_level_description = DESCRIPTIONS[level];
  return [{ id, access_level: level, access_level_description, deploy_key_id: null }];
}

function branchJson({ id, name, push, merge, allow_force_push }: ProtectedBranch): object {
  const levels = { push_access_levels: levelsJson(id, push), merge_access_levels: levelsJson(id, merge) };
  return { id, name, ...levels, allow_force_push };
}

function tagJson({ id, name, create }: ProtectedTag): object {
  return { name, create_access_levels: levelsJson(id, create) };
}
