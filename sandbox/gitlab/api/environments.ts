import { createHash } from "node:crypto";
import { Level, mustReadAsJobToo, mustWriteAsJobToo } from "./base/caller";
import { ApiFailure, badParameter, failure } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body } from "./base/request";
import { mustDeployTo } from "./protected-environments";
import { type ApiStore, type Environment, STATES, TIERS } from "./store";

/** Bytes of a slug, with what is added to one that differs from its name. */
const SLUG_LENGTH = 24;
const SLUG_HEAD = 17;

/** By `name`, or `search` in the name, and `states`; the oldest first. */
export function listEnvironments(request: ApiRequest): ApiAnswer {
  mustReadAsJobToo(request.caller);
  const { searchParams } = request.address;
  const [name, search] = [searchParams.get("name"), searchParams.get("search")];
  if (name !== null && search !== null) throw badParameter("name, search cannot be used together");
  if (search && search.length < 3) throw failure(400, "Bad request - Search query is less than 3 characters");
  const state = oneOf(STATES, "states", searchParams.get("states") ?? undefined);
  const found = environmentsOf(request)
    .filter((one) => name === null || one.name === name)
    .filter((one) => !search || one.name.toLowerCase().includes(search.toLowerCase()))
    .filter((one) => state === undefined || one.state === state);
  const { items, headers } = paginate(found, request.address);
  return { status: 200, body: items.map(environmentJson), headers };
}

export function getEnvironment(request: ApiRequest): ApiAnswer {
  mustReadAsJobToo(request.caller);
  const found = findEnvironment(request);
  const last = request.store.content.deployments.findLast(
    ({ environment, status }) => environment === found.id && status === "success",
  );
  const { environment: _, project: __, ...told } = last ?? {};
  return { status: 200, body: { ...environmentJson(found), last_deployment: last ? told : null } };
}

export function createEnvironment(request: ApiRequest): ApiAnswer {
  mustWriteAsJobToo(request.caller, Level.developer);
  const created = addEnvironment(request, request.body.text("name"), request.body);
  return { status: 201, body: environmentJson(created) };
}

export function updateEnvironment(request: ApiRequest): ApiAnswer {
  mustWriteAsJobToo(request.caller, Level.developer);
  const found = findEnvironment(request);
  mustDeployTo(request, found.name);
  Object.assign(found, settingsIn(request.body), { updated_at: new Date().toISOString() });
  request.store.changed();
  return { status: 200, body: environmentJson(found) };
}

/** There are no `on_stop` jobs here: it is stopped at once. */
export function stopEnvironment(request: ApiRequest): ApiAnswer {
  mustWriteAsJobToo(request.caller, Level.developer);
  const found = findEnvironment(request);
  mustDeployTo(request, found.name);
  found.state = "stopped";
  found.updated_at = new Date().toISOString();
  request.store.changed();
  return { status: 200, body: environmentJson(found) };
}

/** Only one that is stopped; its deployments go along. */
export function deleteEnvironment(request: ApiRequest): ApiAnswer {
  mustWriteAsJobToo(request.caller, Level.developer);
  const { content } = request.store;
  const found = findEnvironment(request);
  mustDeployTo(request, found.name);
  if (found.state !== "stopped") throw failure(403, "Forbidden");
  content.environments = content.environments.filter((one) => one !== found);
  content.deployments = content.deployments.filter(({ environment }) => environment !== found.id);
  request.store.changed();
  return { status: 204 };
}

/** The environment of that name, made where there is none. */
export function environmentFor(request: ApiRequest, name: string): Environment {
  return environmentsOf(request).find((one) => one.name === name) ?? addEnvironment(request, name);
}

export function environmentJson({ project: _, ...one }: Environment): object {
  return { ...one, auto_stop_at: null };
}

export function environmentOf(store: ApiStore, id: number): Environment {
  return store.content.environments.find((one) => one.id === id)!;
}

function addEnvironment(request: ApiRequest, name: string, body?: Body): Environment {
  const { store, project } = request;
  const problems = [
    ...(name.trim() === "" ? ["can't be blank"] : []),
    ...(name.length > 255 ? ["is too long (maximum is 255 characters)"] : []),
    ...(/^[\w$.{} /-]+$/.test(name) && !/^\/|\/$/.test(name) ? [] : [NAME_RULE]),
    ...(environmentsOf(request).some((one) => one.name === name) ? ["has already been taken"] : []),
  ];
  if (problems.length > 0) throw new ApiFailure(400, { message: { name: problems } });
  const now = new Date().toISOString();
  const created: Environment = {
    id: store.nextId(),
    project,
    name,
    slug: slugOf(name),
    description: null,
    external_url: null,
    state: "available",
    tier: guessedTier(name),
    created_at: now,
    updated_at: now,
    ...(body && settingsIn(body)),
  };
  store.content.environments.push(created);
  store.changed();
  return created;
}

const NAME_RULE =
  "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, but it cannot start or end with '/'";

function settingsIn(body: Body): Partial<Environment> {
  if (body.optional("slug") !== undefined)
    throw badParameter("slug is automatically generated and cannot be changed");
  const url = body.optional("external_url");
  if (url && !/^https?:\/\/[^\s/]+/.test(url)) {
    throw new ApiFailure(400, {
      message: { external_url: ["is blocked: Only allowed schemes are http, https"] },
    });
  }
  const tier = oneOf(TIERS, "tier", body.optional("tier"));
  const description = body.optional("description");
  return {
    ...(url !== undefined && { external_url: url || null }),
    ...(tier !== undefined && { tier }),
    ...(description !== undefined && { description }),
  };
}

function environmentsOf({ store, project }: ApiRequest): Environment[] {
  return store.content.environments.filter((one) => one.project === project);
}

function findEnvironment(request: ApiRequest): Environment {
  const found = environmentsOf(request).find(({ id }) => id === request.numbers[0]);
  if (!found) throw failure(404, "Not found");
  return found;
}

function oneOf<T extends string>(allowed: readonly T[], name: string, given: string | undefined) {
  const found = allowed.find((one) => one === given);
  if (given !== undefined && !found) throw badParameter(`${name} does not have a valid value`);
  return found;
}

/** As GitLab makes it (lib/gitlab/slug/environment.rb): letters, digits and hyphens, unique by its end. */
export function slugOf(name: string): string {
  let slug = name.toLowerCase().replace(/[^a-z0-9]/g, "-");
  if (!/^[a-z]/.test(slug)) slug = `env-${slug}`;
  slug = slug.replace(/-+/g, "-");
  if (slug.length <= SLUG_LENGTH && slug === name) return slug.replace(/-$/, "");
  const number = BigInt(`0x${createHash("sha256").update(name).digest("hex")}`);
  return `${slug.slice(0, SLUG_HEAD).replace(/-$/, "")}-${number.toString(36).slice(-6)}`;
}

/** As GitLab guesses it by the name (`guess_tier` in app/models/environment.rb). */
function guessedTier(name: string): Environment["tier"] {
  if (/dev|review|trunk/i.test(name)) return "development";
  if (/test|tst|int|ac(ce|)pt|qa|qc|control|quality/i.test(name)) return "testing";
  if (/st(a|)g|mod(e|)l|pre|demo|non/i.test(name)) return "staging";
  return /pr(o|)d|live/i.test(name) ? "production" : "other";
}
