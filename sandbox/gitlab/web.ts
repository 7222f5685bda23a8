import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AccessToken, findToken, readTokens } from "./access-tokens";
import { type ApiOptions, GitlabApi } from "./api/api";
import { basicCredentials } from "./basic-credentials";
import { gitRequest, serveGit } from "./git/smart-http";
import { grantedAccess, parseScopes } from "./registry-scope";
import { registryService, signRegistryToken } from "./registry-token";
import { signingKeyOf } from "./signing-key";

interface Answer {
  status: number;
  body?: string | object;
  headers?: Record<string, string>;
}

const accessDenied =
  "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or " +
  "you're required to use a token instead of a password. If a token was provided, it was either incorrect, " +
  "expired, or improperly scoped.";

/** GitLab's web address: git, the token flow that a container registry needs, a health check, and parts of the API. */
export function gitlabWeb(dir: string, options: ApiOptions = {}): Server & { readonly api: GitlabApi } {
  const key = createPrivateKey(readFileSync(signingKeyOf(dir).keyFile));
  const sign = (subject: string, access: Parameters<typeof signRegistryToken>[2]) =>
    signRegistryToken(key, subject, access);

  const api = new GitlabApi(dir, options);

  const server = createServer(async (request, response) => {
    try {
      const git = gitRequest(request);
      if (git) return await serveGit(dir, api.store, git, request, response);
      const isApi = pathOf(request).startsWith("/api/v4/");
      send(response, isApi ? await api.answer(request) : answer(request, dir, sign));
    } catch (error) {
      console.error(`${request.method} ${pathOf(request)}: ${error instanceof Error ? error.stack : error}`);
      if (response.headersSent) response.destroy();
      else send(response, { status: 500, body: { message: "500 Internal Server Error" } });
    }
  });
  server.on("close", () => api.store.save());
  return Object.assign(server, { api });
}

function answer(request: IncomingMessage, dir: string, sign: Sign): Answer {
  const path = pathOf(request);
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && ["/-/health", "/-/liveness", "/-/readiness"].includes(path))
    return { status: 200, body: "GitLab OK" };
  // Clients that try the OAuth2 form first (POST) go on with GET after a 404.
  if (path === "/jwt/auth") return isRead ? tokenAnswer(request, dir, sign) : notFound;
  return {
    status: 501,
    body: {
      message:
        `501 Not Implemented: this is Berth's sandbox, not a GitLab. It has git, the container registry's token ` +
        `flow (/jwt/auth), /-/health and parts of /api/v4/, but not ${request.method} ${path}`,
    },
  };
}

type Sign = (subject: string, access: Parameters<typeof signRegistryToken>[2]) => string;

const notFound: Answer = { status: 404, body: { message: "404 Not Found" } };

/**
 * GitLab's order: an unknown service is not found; wrong credentials are refused; without credentials there has to
 * be a scope (public projects could be pulled); then what the token may do of what is wanted is signed.
 */
function tokenAnswer(request: IncomingMessage, dir: string, sign: Sign): Answer {
  const query = new URL(request.url ?? "/", "http://localhost").searchParams;
  if (query.get("service") !== registryService) return notFound;
  const { tokens, projects } = readTokens(dir);
  const credentials = basicCredentials(request.headers.authorization);
  const token = credentials && findToken(tokens, credentials.username, credentials.password);
  if (request.headers.authorization !== undefined && !token) return denied(401, "UNAUTHORIZED", accessDenied);
  const wanted = parseScopes(query.getAll("scope"));
  if (!isWelcome(token, wanted.length > 0)) return denied(403, "DENIED", "access forbidden");
  const access = grantedAccess(wanted, token, projects);
  return { status: 200, body: { token: sign(credentials?.username ?? "", access) } };
}

function isWelcome(token: AccessToken | undefined, hasScope: boolean): boolean {
  return token ? token.scopes.length > 0 : hasScope;
}

function denied(status: number, code: string, message: string): Answer {
  return { status, body: { errors: [{ code, message }] } };
}

/** Without the query, which holds account names. */
const pathOf = (request: IncomingMessage) => (request.url ?? "/").split("?")[0] ?? "/";

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const isText = typeof body === "string" || Buffer.isBuffer(body);
  response.writeHead(status, {
    "Content-Type": isText ? "text/plain" : "application/json",
    "Cache-Control": "no-store",
    ...headers,
  });
  response.end(isText ? body : body && JSON.stringify(body));
}
