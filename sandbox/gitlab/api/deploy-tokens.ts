import { randomBytes } from "node:crypto";
import { type AccessToken, isActive, readTokens, writeTokens } from "../access-tokens";
import { Level, mustReadAs, mustWrite } from "./base/caller";
import { badParameter, failure } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Route } from "./base/request";

const SCOPES = [
  ...["read_repository", "read_registry", "write_registry"],
  ...["read_package_registry", "write_package_registry"],
];

type DeployToken = AccessToken & { id: number };

/** A project's deploy tokens: logins for its registry and repository, whose secret is told once. */
export const deployTokenRoutes: readonly Route[] = [
  ["GET", "/deploy_tokens", list],
  ["POST", "/deploy_tokens", create],
  ["GET", "/deploy_tokens/#", get],
  ["DELETE", "/deploy_tokens/#", remove],
];

function list(request: ApiRequest): ApiAnswer {
  mustReadAs(request.caller, Level.maintainer);
  const active = request.address.searchParams.get("active") === "true";
  const found = deployTokensOf(request).filter((one) => !active || isActive(one));
  const { items, headers } = paginate(found, request.address);
  return { status: 200, body: items.map(deployTokenJson), headers };
}

function get(request: ApiRequest): ApiAnswer {
  mustReadAs(request.caller, Level.maintainer);
  return { status: 200, body: deployTokenJson(findDeployToken(request)) };
}

function create({ caller, store, dir, project, body }: ApiRequest): ApiAnswer {
  mustWrite(caller, Level.maintainer);
  const name = body.text("name");
  const scopes = body.list("scopes") ?? [];
  if (scopes.length === 0) throw badParameter("scopes is missing");
  if (!scopes.every((scope) => SCOPES.includes(scope)))
    throw badParameter("scopes does not have a valid value");
  const expires = body.optional("expires_at") || undefined;
  if (expires && Number.isNaN(Date.parse(expires))) throw badParameter("expires_at is invalid");
  const id = store.nextId();
  const username = body.optional("username") || `gitlab+deploy-token-${id}`;
  const created: DeployToken = {
    id,
    kind: "deploy",
    name,
    project,
    username,
    usernames: [username],
    scopes: scopes as AccessToken["scopes"],
    token: `gldt-${randomBytes(15).toString("base64url")}`,
    ...(expires && { expiresAt: new Date(expires).toISOString() }),
  };
  const file = readTokens(dir);
  writeTokens(dir, { ...file, tokens: [...file.tokens, created] });
  return { status: 201, body: { ...deployTokenJson(created), token: created.token } };
}

function remove(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const { id } = findDeployToken(request);
  const file = readTokens(request.dir);
  writeTokens(request.dir, { ...file, tokens: file.tokens.filter((one) => one.id !== id) });
  return { status: 204 };
}

function deployTokensOf({ dir, project }: ApiRequest): DeployToken[] {
  const { tokens } = readTokens(dir);
  return tokens.filter((one): one is DeployToken => one.kind === "deploy" && one.project === project);
}

function findDeployToken(request: ApiRequest): DeployToken {
  const found = deployTokensOf(request).find(({ id }) => id === request.numbers[0]);
  if (!found) throw failure(404, "Deploy Token Not Found");
  return found;
}

function deployTokenJson({ id, name, username, expiresAt, revoked = false, scopes }: DeployToken): object {
  const expired = expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
  return { id, name, username, expires_at: expiresAt ?? null, scopes, revoked, expired };
}
