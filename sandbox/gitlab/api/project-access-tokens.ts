import { randomBytes } from "node:crypto";
import { type AccessToken, isActive, readTokens, writeTokens } from "../access-tokens";
import { type Caller, Level, levelOf, mustReadAs, mustWrite } from "./base/caller";
import { ApiFailure, badParameter, failure } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body, Route } from "./base/request";
import type { ApiStore } from "./store";

const SCOPES = [
  ...["api", "read_api", "read_registry", "write_registry"],
  ...["read_repository", "write_repository", "create_runner", "manage_runner", "ai_features", "k8s_proxy"],
];
const LEVELS = [10, 15, 20, 30, 40, 50];
const DAY_MS = 24 * 60 * 60 * 1000;
/** As long as GitLab lets them live, and as long as they live where nothing is said. */
const [LONGEST_DAYS, DEFAULT_DAYS, ROTATED_DAYS] = [365, 365, 7];

type ProjectToken = AccessToken & { id: number };

/** A project's access tokens: each acts as a bot of its own. They can't make further ones; a person's token can. */
export const projectAccessTokenRoutes: readonly Route[] = [
  ["GET", "/access_tokens", list],
  ["POST", "/access_tokens", create],
  ["GET", "/access_tokens/#", get],
  ["POST", "/access_tokens/#/rotate", rotate],
  ["DELETE", "/access_tokens/#", revoke],
];

/** GET /personal_access_tokens/self, which is for tokens of every kind and scope but a job's. */
export function ownToken({ token, isJob, user }: Caller, store: ApiStore): ApiAnswer {
  if (isJob) throw failure(401, "Unauthorized");
  const { access_level: _, ...body } = tokenJson({ ...token, id: token.id ?? user.id }, store);
  return { status: 200, body: { ...body, user_id: user.id } };
}

function list(request: ApiRequest): ApiAnswer {
  mustReadAs(request.caller, Level.maintainer);
  const state = request.address.searchParams.get("state");
  const found = projectTokensOf(request).filter((one) => !state || isActive(one) === (state === "active"));
  const { items, headers } = paginate(found, request.address);
  return { status: 200, body: items.map((one) => tokenJson(one, request.store)), headers };
}

function get(request: ApiRequest): ApiAnswer {
  mustReadAs(request.caller, Level.maintainer);
  return { status: 200, body: tokenJson(findProjectToken(request), request.store) };
}

function create(request: ApiRequest): ApiAnswer {
  const { caller, store, project, body } = request;
  mustWrite(caller, Level.maintainer);
  if (!caller.token.personal)
    throw failure(400, "Bad request - User does not have permission to create project access token");
  const [name, scopes] = [body.text("name"), body.list("scopes") ?? []];
  if (scopes.length === 0) throw badParameter("scopes is missing");
  if (!scopes.every((scope) => SCOPES.includes(scope)))
    throw badParameter("scopes does not have a valid value");
  const accessLevel = Number(body.optional("access_level") ?? Level.maintainer);
  if (!LEVELS.includes(accessLevel)) throw badParameter("access_level does not have a valid value");
  const id = store.nextId();
  const created: ProjectToken = {
    id,
    name,
    project,
    usernames: [],
    username: `project_${store.idOf(`project ${project}`)}_bot_${id}`,
    scopes: scopes as AccessToken["scopes"],
    token: newSecret(),
    accessLevel,
    expiresAt: expiryIn(body, DEFAULT_DAYS),
    description: body.optional("description") ?? "",
    createdAt: new Date().toISOString(),
  };
  save(request, [created]);
  return { status: 201, body: { ...tokenJson(created, store), token: created.token } };
}

/** The old one ends, and a new one of another id takes its place. */
function rotate(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const found = findProjectToken(request);
  if (!isActive(found)) throw failure(400, "Bad request - Token already revoked");
  const next: ProjectToken = {
    ...found,
    id: request.store.nextId(),
    token: newSecret(),
    createdAt: new Date().toISOString(),
    expiresAt: expiryIn(request.body, ROTATED_DAYS),
  };
  save(request, [{ ...found, revoked: true }, next]);
  return { status: 200, body: { ...tokenJson(next, request.store), token: next.token } };
}

function revoke(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  save(request, [{ ...findProjectToken(request), revoked: true }]);
  return { status: 204 };
}

/** Writes tokens in place of those of their ids. */
function save({ dir }: ApiRequest, changed: readonly ProjectToken[]): void {
  const file = readTokens(dir);
  const others = file.tokens.filter((one) => !changed.some(({ id }) => id === one.id));
  writeTokens(dir, { ...file, tokens: [...others, ...changed] });
}

function expiryIn(body: Body, days: number): string {
  const day = (inDays: number) => new Date(Date.now() + inDays * DAY_MS).toISOString().slice(0, 10);
  const given = body.optional("expires_at") ?? day(days);
  if (!/^\d{4}-\d\d-\d\d$/.test(given)) throw badParameter("expires_at is invalid");
  if (given > day(LONGEST_DAYS))
    throw new ApiFailure(400, {
      message: `400 Bad request - Expiration date must be before ${day(LONGEST_DAYS)}`,
    });
  return given;
}

/** Tokens that the sandbox itself made have no id, and are nobody's business here. */
function projectTokensOf({ dir, project }: ApiRequest): ProjectToken[] {
  const { tokens } = readTokens(dir);
  return tokens.filter(
    (one): one is ProjectToken => one.id !== undefined && one.kind === undefined && one.project === project,
  );
}

function findProjectToken(request: ApiRequest): ProjectToken {
  const found = projectTokensOf(request).find(({ id }) => id === request.numbers[0]);
  if (!found) throw failure(404, "Could not find project access token with token_id");
  return found;
}

const newSecret = () => `glpat-${randomBytes(15).toString("base64url")}`;

function tokenJson(one: ProjectToken, store: ApiStore) {
  const { id, name, scopes, description = "", revoked = false } = one;
  return {
    id,
    name,
    description,
    scopes,
    revoked,
    active: isActive(one),
    access_level: levelOf(one),
    user_id: store.idOf(`user ${one.username}`),
    created_at: one.createdAt,
    expires_at: one.expiresAt,
  };
}
