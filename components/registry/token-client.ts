import { parseRetryAfter } from "../http/retry-after";
import { judgeStatus, retryPolicies } from "../http/retry-policy";
import type { Secrets } from "../http/secrets";
import { type Account, basicHeader } from "./logins/account";
import { RegistryError } from "./wire/errors";
import { parseFaults } from "./wire/faults";
import { readAll, type Transport } from "./wire/transport";

export interface TokenClientArgs {
  /** The registry that the tokens are for. */
  registry: URL;
  account: Account | undefined;
  transport: Transport;
  /** Takes in every token that comes. */
  secrets: Secrets;
  signal?: AbortSignal | undefined;
}

export interface TokenRequest {
  realm: URL;
  service: string | undefined;
  scopes: string[];
}

export interface Token {
  value: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

interface TokenAnswer {
  status: number;
  body: Buffer;
  retryAfter: number | undefined;
}

interface Ask {
  method: "GET" | "POST";
  url: URL;
  headers: Record<string, string>;
  body?: Buffer;
}

// The token protocol's default where the server says nothing.
const TOKEN_SECONDS = 60;
const ANSWER_LIMIT = 1024 * 1024;
const MOST_REDIRECTS = 3;
/** The server has to know it: distribution's OAuth2 form requires a name, and gives it no meaning. */
const CLIENT_ID = "berth";

/**
 * Fetches tokens from a registry's token server: by GET with the password, or with nothing for an anonymous token
 * (distribution's "Token Authentication Specification"); by POST with an identity token (its "OAuth2 Token
 * Authentication").
 */
export class TokenClient {
  /** A server may answer with a new one for the next time. */
  private identityToken: string | undefined;

  constructor(private readonly args: TokenClientArgs) {
    const { account } = args;
    if (account !== undefined && "identityToken" in account) this.identityToken = account.identityToken;
  }

  /** @throws RegistryError, temporary where another attempt may help. */
  async fetch(request: TokenRequest): Promise<Token> {
    const asked = Date.now();
    const ask = this.identityToken === undefined ? this.byGet(request) : this.byPost(request);
    const answer = await this.send(ask);
    if (answer.status !== 200) throw this.refusal(ask, answer);
    const read = parseAnswer(answer.body);
    if (read === undefined) {
      const problem = "expected JSON with a token, got something else";
      throw new RegistryError({ method: ask.method, url: ask.url, status: answer.status, problem });
    }
    this.args.secrets.keepSent(read.token);
    if (this.identityToken !== undefined && read.next !== undefined) {
      this.args.secrets.keepSent(read.next);
      this.identityToken = read.next;
    }
    return { value: read.token, expires: asked + read.seconds * 1000 };
  }

  private byGet({ realm, service, scopes }: TokenRequest): Ask {
    const { account } = this.args;
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set("service", service);
    for (const scope of scopes) url.searchParams.append("scope", scope);
    const headers: Record<string, string> = { accept: "application/json" };
    if (account !== undefined && "password" in account) {
      url.searchParams.set("account", account.username);
      headers["authorization"] = basicHeader(account);
    }
    return { method: "GET", url, headers };
  }

  private byPost({ realm, service, scopes }: TokenRequest): Ask {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: CLIENT_ID,
      refresh_token: this.identityToken ?? "",
      ...(service !== undefined && { service }),
      ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    });
    const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
    return { method: "POST", url: realm, headers, body: Buffer.from(form.toString()) };
  }

  /** Follows redirects; what logs in goes to the realm's own origin alone, so that a form is not sent on elsewhere. */
  private async send(first: Ask): Promise<TokenAnswer> {
    let url = first.url;
    for (let redirects = 0; ; redirects++) {
      const headers: Record<string, string> = { "user-agent": "berth", ...first.headers };
      if (url.origin !== first.url.origin) delete headers["authorization"];
      if (first.body !== undefined) headers["content-length"] = String(first.body.length);
      const request = { method: first.method, url, signal: this.args.signal };
      const reply = await this.args.transport.exchange({ ...request, headers, body: first.body });
      const body = await readAll(reply.body, ANSWER_LIMIT, request);
      const { status } = reply;
      const location = reply.headers["location"];
      const isRedirect = [301, 302, 303, 307, 308].includes(status) && location !== undefined;
      if (!isRedirect || redirects >= MOST_REDIRECTS)
        return { status, body, retryAfter: parseRetryAfter(reply.headers["retry-after"]) };
      url = redirected(location, { ...first, url }, status);
    }
  }

  private refusal({ method, url }: Ask, { status, body, retryAfter }: TokenAnswer): RegistryError {
    const faults = parseFaults(body.toString("utf8"), (text) => this.args.secrets.scrub(text));
    return new RegistryError({
      method,
      url,
      status,
      faults,
      hint: this.hint(status),
      // Whichever way it is asked: a token is only read.
      ...judgeStatus(retryPolicies.registry, status, "GET"),
      retryAfter,
    });
  }

  private hint(status: number): string {
    const { account, registry } = this.args;
    const { host } = registry;
    const post = this.identityToken !== undefined;
    if (post && (status === 404 || status === 405))
      return `The token server of ${host} takes no identity token: give a user name and a password instead`;
    if (![400, 401, 403].includes(status)) return `The token server of ${host} did not give a token`;
    if (post) return `The identity token for ${host} was refused: log in again (docker login ${host})`;
    return account !== undefined
      ? `The user name or password for ${host} was refused`
      : `No credentials for ${host} were given, and it gives no anonymous token`;
  }
}

function redirected(location: string, { method, url, body }: Ask, status: number): URL {
  const refuse = (problem: string) => new RegistryError({ method, url, status, problem });
  const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (next === undefined || !/^https?:$/.test(next.protocol))
    throw refuse("the token server redirects to an address that is not http or https");
  if (url.protocol === "https:" && next.protocol === "http:")
    throw refuse("the token server redirects to plain http, where a token could be read on the way");
  if (body !== undefined && (next.origin !== url.origin || status < 307))
    throw refuse("the token server redirects a login with an identity token, which is not sent on");
  return next;
}

function parseAnswer(body: Buffer): { token: string; seconds: number; next: string | undefined } | undefined {
  try {
    const answer: Record<string, unknown> | null = JSON.parse(body.toString("utf8"));
    const token = firstText(answer?.["token"], answer?.["access_token"]);
    const next = firstText(answer?.["refresh_token"]);
    const seconds = answer?.["expires_in"];
    if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) return undefined;
    return { token, next, seconds: typeof seconds === "number" && seconds > 0 ? seconds : TOKEN_SECONDS };
  } catch {
    // Not JSON: the caller says so, with the address.
    return undefined;
  }
}

/** Some servers send both names of a token, one of them empty. */
function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value !== "");
}
