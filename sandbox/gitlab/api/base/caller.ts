import type { IncomingHttpHeaders } from "node:http";
import { type AccessToken, ciUser, isActive, sameToken, type TokenFile } from "../../access-tokens";
import type { ApiStore, User } from "../store";
import { ApiFailure, failure } from "./failure";

/** Who asks, and what they may do. */
export interface Caller {
  readonly user: User;
  readonly token: AccessToken;
  /** A job's own token: it reads notes and what came of a commit, and tells of environments and deployments. */
  readonly isJob: boolean;
}

/** GitLab's access levels. */
export const Level = { guest: 10, reporter: 20, developer: 30, maintainer: 40 } as const;

/** @throws ApiFailure 401 in GitLab's words for no token, a wrong, an expired, a revoked one */
export function callerOf(headers: IncomingHttpHeaders, { tokens }: TokenFile, store: ApiStore): Caller {
  const job = headers["job-token"];
  const secret = job ?? headers["private-token"] ?? /^bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  const token = tokens.find(
    ({ kind, token: one }) => kind === undefined && sameToken(one, String(secret ?? "")),
  );
  const isJob = job !== undefined;
  if (!token || isJob !== token.usernames.includes(ciUser)) throw failure(401, "Unauthorized");
  if (token.revoked) throw invalidToken("Token was revoked. You have to re-authorize from the user.");
  if (!isActive(token)) {
    throw invalidToken("Token is expired. You can either do re-authorization or token refresh.");
  }
  return { user: userOf(token, store), token, isJob };
}

/** Who a token's calls are by. */
export function userOf(token: AccessToken, store: ApiStore): User {
  const username = token.username ?? (token.personal ? token.name : `project_bot_${token.name}`);
  return { id: store.idOf(`user ${username}`), username, name: token.name };
}

/** @throws ApiFailure 403 in GitLab's words */
export function mustRead({ token, isJob }: Caller): void {
  if (isJob) throw failure(401, "Unauthorized");
  if (!token.scopes.includes("api") && !token.scopes.includes("read_api")) throw insufficient("api read_api");
}

/** Of what not every member sees. @throws ApiFailure 401 for a job's token, 403 in GitLab's words */
export function mustReadAs(caller: Caller, level: number): void {
  mustRead(caller);
  if (levelOf(caller.token) < level) throw failure(403, "Forbidden");
}

/** @throws ApiFailure 401 for a job's token, 403 in GitLab's words */
export function mustWrite({ token, isJob }: Caller, level: number): void {
  if (isJob) throw failure(401, "Unauthorized");
  if (!token.scopes.includes("api")) throw insufficient("api");
  if (levelOf(token) < level) throw failure(403, "Forbidden");
}

/** As `mustRead`; of what this is for, a job's own token reads as much (GitLab's "Job token access"). */
export function mustReadAsJobToo(caller: Caller): void {
  if (!caller.isJob) mustRead(caller);
}

/** As `mustWrite`, with a job's own token, too, as far as its user's role goes. */
export function mustWriteAsJobToo(caller: Caller, level: number): void {
  if (!caller.isJob) mustWrite(caller, level);
  else if (levelOf(caller.token) < level) throw failure(403, "Forbidden");
}

export function levelOf(token: AccessToken): number {
  return token.accessLevel ?? Level.developer;
}

function invalidToken(words: string): ApiFailure {
  return new ApiFailure(401, { error: "invalid_token", error_description: words });
}

function insufficient(scope: string): ApiFailure {
  const error_description = "The request requires higher privileges than provided by the access token.";
  return new ApiFailure(403, { error: "insufficient_scope", error_description, scope });
}
