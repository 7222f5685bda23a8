import type { IncomingMessage, ServerResponse } from "node:http";
import { askedOrigin, sendJson } from "../http-tools";
import type { Action, Credentials, Permissions, Verdict } from "../permissions";
import type { DockerRepository } from "../record";
import type { Tokens } from "../tokens";
import {
  API_VERSION,
  forbidden,
  frozen,
  nameUnknown,
  notFound,
  offline,
  refuse,
  unauthorized,
} from "./answers";
import type { Backend } from "./backend";
import { sendList } from "./lists";
import { parseRoute, type Route } from "./route";

/** What the docker port of one repository needs to know. */
export interface FrontOptions {
  permissions: Permissions;
  tokens: Tokens;
  /** Whether DockerToken is among the active realms. */
  tokenRealm: () => boolean;
  repository: (name: string) => DockerRepository | undefined;
  backend: (name: string) => Backend | undefined;
}

/** Nexus's mapping of methods to actions, the same for every format. */
export const ACTIONS: Record<string, Action> = {
  GET: "read",
  HEAD: "read",
  POST: "add",
  PATCH: "add",
  PUT: "edit",
  DELETE: "delete",
};

/** Who asks: credentials (or none, for anonymous), or "nobody" who must log in first. */
type Caller = { who: Credentials } | "nobody";

/** The docker API of one repository: who asks, may they, then the repository itself. */
export class DockerFront {
  constructor(private readonly options: FrontOptions) {}

  async handle(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const repository = this.options.repository(name);
    const backend = this.options.backend(name);
    if (!repository || !backend) return refuse(response, notFound);
    const route = parseRoute((request.url ?? "/").split("?")[0]!);
    if (route.kind === "unknown") return refuse(response, notFound);
    if (route.kind === "token") return this.token(repository, request, response);
    const caller = this.caller(repository, request);
    const challenge = unauthorized(this.challenge(repository, request));
    if (caller === "nobody") return refuse(response, challenge);
    const action = ACTIONS[request.method ?? "GET"] ?? "read";
    const verdict = await this.options.permissions.judge(caller.who, name, probePath(route), action);
    // Logging in needs credentials only; what they allow is asked with each image.
    const passes = route.kind === "base" && caller.who !== undefined && verdict === "denied";
    if (verdict !== "allowed" && !passes)
      return refuse(response, refusalOf(verdict, repository, challenge, caller.who === undefined));
    await this.serve(route, backend, request, response);
  }

  private async serve(
    route: Exclude<Route, { kind: "unknown" | "token" }>,
    backend: Backend,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (route.kind === "base") return sendJson(response, 200, {}, API_VERSION);
    const reads = request.method === "GET" || request.method === "HEAD";
    if (reads && route.kind === "catalog")
      return sendList(request, response, "repositories", await backend.images());
    if (reads && route.kind === "tags") {
      const tags = await backend.tags(route.image);
      if (!tags) return refuse(response, nameUnknown(route.image));
      return sendList(request, response, "tags", tags, { name: route.image });
    }
    await backend.serve(route, request, response);
  }

  /** Without credentials the client gets a challenge, never content: it asks for an anonymous token then. */
  private caller(repository: DockerRepository, request: IncomingMessage): Caller {
    const header = request.headers.authorization;
    if (header === undefined) return "nobody";
    const [scheme, value = ""] = header.split(" ", 2) as [string, string?];
    if (scheme.toLowerCase() === "basic") return { who: header };
    if (scheme.toLowerCase() !== "bearer" || !this.options.tokenRealm()) return "nobody";
    const known = this.options.tokens.redeem(value);
    if (known && known.who === undefined && repository.docker.forceBasicAuth) return "nobody";
    return known ?? "nobody";
  }

  /** GET /v2/token: trades Basic credentials, or none where anonymous may read, for a token. */
  private async token(
    repository: DockerRepository,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const who = request.headers.authorization;
    const challenge = unauthorized('BASIC realm="Sonatype Nexus Repository Manager"');
    const basic = who === undefined || /^basic /i.test(who);
    if (!basic || !this.options.tokenRealm() || repository.docker.forceBasicAuth)
      return refuse(response, challenge);
    const verdict = await this.options.permissions.judge(who, repository.name, "v2/", "read");
    if (verdict === "unauthenticated" || (who === undefined && verdict === "denied"))
      return refuse(response, challenge);
    if (verdict === "offline" || verdict === "missing") return refuse(response, offline(repository.name));
    sendJson(response, 200, { token: this.options.tokens.issue(who) }, API_VERSION);
  }

  /** The forms are Nexus's: no scope, and realm and service are the same URL (nexus-public#659, #921). */
  private challenge(repository: DockerRepository, request: IncomingMessage): string {
    if (repository.docker.forceBasicAuth) return 'BASIC realm="Sonatype Nexus Repository Manager"';
    const url = `${askedOrigin(request)}/v2/token`;
    return `Bearer realm="${url}",service="${url}"`;
  }
}

/** A path of the image that never exists, so that content selectors such as path =^ "/v2/team/" decide too. */
export function probePath(route: Route): string {
  if (!("image" in route)) return "v2/";
  return `v2/${route.image}/manifests/berth-permission-probe`;
}

function refusalOf(
  verdict: Verdict,
  repository: DockerRepository,
  challenge: ReturnType<typeof unauthorized>,
  anonymous: boolean,
) {
  if (verdict === "unauthenticated" || (verdict === "denied" && anonymous)) return challenge;
  if (verdict === "denied") return forbidden;
  if (verdict === "frozen") return frozen;
  return verdict === "offline" ? offline(repository.name) : notFound;
}
