import { parseChallenges } from "./challenge";
import { RegistryError } from "./errors";
import { readAll, type Transport } from "./transport";

export interface Account {
  username: string;
  password: string;
}

/** Accounts by registry host as it is written in references, e.g. {"gitlab.example.com:5050": {…}}. */
export type Credentials = Record<string, Account>;

/** What is to be done at a repository, in the token protocol's words: "repository:team/blog:pull". */
export type Scope = string;

interface Token {
  value: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

type Mode = { scheme: "basic" } | { scheme: "bearer"; realm: URL; service: string | undefined };

// The token protocol's default where the server says nothing, and the margin for a request on its way.
const TOKEN_SECONDS = 60;
const MARGIN_MS = 5_000;
const TOKEN_ANSWER_LIMIT = 1024 * 1024;
const MOST_REDIRECTS = 3;

/**
 * The login at one registry: learns from its first 401 whether it wants Basic or Bearer, and keeps one token per
 * set of scopes (distribution's token specification). Without an account it asks for anonymous tokens.
 */
export class Authorizer {
  private mode: Mode | undefined;
  private readonly tokens = new Map<string, Promise<Token>>();
  private readonly extraScopes = new Map<string, Scope[]>();
  private readonly secrets = new Set<string>();

  constructor(
    private readonly origin: URL,
    private readonly account: Account | undefined,
    private readonly transport: Transport,
    private readonly signal?: AbortSignal,
  ) {
    if (account !== undefined) this.keepSecret(account.password, basic(account).slice("Basic ".length));
  }

  get hasAccount(): boolean {
    return this.account !== undefined;
  }

  /** The header for a request with these scopes; undefined before the registry asked for a login. */
  async header(scopes: Scope[]): Promise<string | undefined> {
    if (this.mode === undefined) return undefined;
    if (this.mode.scheme === "basic") return this.account && basic(this.account);
    const key = scopes.join(" ");
    // Another request may have renewed it while this one waited, so the newest is looked at.
    for (let pending = this.tokens.get(key); pending !== undefined; ) {
      const token = await pending;
      const newest = this.tokens.get(key);
      if (newest === pending && token.expires > Date.now() + MARGIN_MS) return `Bearer ${token.value}`;
      pending = newest === pending ? undefined : newest;
    }
    return `Bearer ${(await this.renew(key, this.mode, scopes)).value}`;
  }

  /**
   * Takes in a 401: afterwards `header` gives something newer than `sent`.
   * @returns false where another attempt would send the same again.
   */
  async challenged(
    wwwAuthenticate: string | undefined,
    scopes: Scope[],
    sent: string | undefined,
  ): Promise<boolean> {
    const challenges = parseChallenges(wwwAuthenticate);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) {
      this.mode = {
        scheme: "bearer",
        realm: this.realm(bearer.parameters["realm"]),
        service: bearer.parameters["service"],
      };
      const key = scopes.join(" ");
      const current = await this.tokens.get(key);
      // Of several refused requests the first one throws the token away, and the others find the new one.
      if (current !== undefined && sent === `Bearer ${current.value}`) this.tokens.delete(key);
      const missing = (bearer.parameters["scope"] ?? "")
        .split(" ")
        .filter((scope) => scope !== "" && !covers(scopes, scope));
      this.extraScopes.set(key, missing);
      return true;
    }
    if (challenges.some(({ scheme }) => scheme === "basic")) {
      this.mode = { scheme: "basic" };
      return this.account !== undefined;
    }
    throw new RegistryError({
      method: "GET",
      url: this.origin,
      status: 401,
      problem: `the registry wants a login by ${challenges.map(({ scheme }) => scheme).join(", ") || "no scheme that it names"}; Basic and Bearer are known here`,
    });
  }

  /** The text with every credential that this login has used taken out. */
  scrub(text: string): string {
    let clean = text;
    for (const secret of this.secrets) clean = clean.replaceAll(secret, "***");
    return clean;
  }

  private renew(key: string, mode: Mode & { scheme: "bearer" }, scopes: Scope[]): Promise<Token> {
    const all = [...scopes, ...(this.extraScopes.get(key) ?? [])];
    const token = this.fetchToken(mode, all);
    this.tokens.set(key, token);
    token.catch(() => this.tokens.get(key) === token && this.tokens.delete(key));
    return token;
  }

  private async fetchToken(mode: Mode & { scheme: "bearer" }, scopes: Scope[]): Promise<Token> {
    const url = new URL(mode.realm);
    if (mode.service !== undefined) url.searchParams.set("service", mode.service);
    for (const scope of scopes) url.searchParams.append("scope", scope);
    if (this.account !== undefined) url.searchParams.set("account", this.account.username);
    const asked = Date.now();
    const { status, body } = await this.askRealm(url);
    if (status !== 200) throw this.refusal(url, status, body);
    const answer = parseTokenAnswer(body);
    if (answer === undefined)
      throw new RegistryError({
        method: "GET",
        url,
        status,
        problem: "expected JSON with a token, got something else",
      });
    this.keepSecret(answer.token);
    return { value: answer.token, expires: asked + answer.seconds * 1000 };
  }

  /** Follows redirects; the account goes to the realm's own origin alone. */
  private async askRealm(first: URL) {
    let url = first;
    for (let redirects = 0; ; redirects++) {
      const headers: Record<string, string> = { accept: "application/json" };
      if (this.account !== undefined && url.origin === first.origin)
        headers["authorization"] = basic(this.account);
      const request = { method: "GET", url, signal: this.signal };
      const response = await this.transport.exchange({ ...request, headers });
      const body = await readAll(response, TOKEN_ANSWER_LIMIT, request);
      const { statusCode: status = 0 } = response;
      const location = response.headers.location;
      if (
        ![301, 302, 303, 307, 308].includes(status) ||
        location === undefined ||
        redirects >= MOST_REDIRECTS
      )
        return { status, body, retryAfter: response.headers["retry-after"] };
      url = new URL(location, url);
    }
  }

  private refusal(url: URL, status: number, body: Buffer): RegistryError {
    const refused = status === 401 || status === 403 || status === 400;
    const host = this.origin.host;
    const hint = !refused
      ? `The token server of ${host} did not give a token`
      : this.hasAccount
        ? `The user name or password for ${host} was refused`
        : `No credentials for ${host} were given, and it gives no anonymous token`;
    const said = this.scrub(body.toString("utf8", 0, 300))
      .replace(/\s+/g, " ")
      .trim();
    const temporary = status === 429 || (status >= 502 && status <= 504);
    return new RegistryError({ method: "GET", url, status, problem: said, hint, temporary });
  }

  /** The token server's address. Some proxies make a registry name one that can't be right. */
  private realm(text = ""): URL {
    const realm = URL.canParse(text) ? new URL(text) : undefined;
    const wrong = (why: string) =>
      new RegistryError({
        method: "GET",
        url: this.origin,
        status: 401,
        problem: `the registry names ${JSON.stringify(text.slice(0, 200))} as its token server (realm): ${why}`,
        hint: "Let the proxy in front of it send Host, X-Forwarded-Proto and X-Forwarded-Host correctly",
      });
    if (realm === undefined || !/^https?:$/.test(realm.protocol) || realm.host === "")
      throw wrong("expected an http or https address");
    if (realm.protocol === "http:" && this.origin.protocol === "https:" && this.hasAccount)
      throw wrong("the password would leave the encrypted connection");
    return realm;
  }

  private keepSecret(...secrets: string[]): void {
    // Taking a very short "secret" out of messages would only mangle them.
    for (const secret of secrets) if (secret.length >= 4) this.secrets.add(secret);
  }
}

function basic({ username, password }: Account): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** "repository:a:push,pull" is covered by "repository:a:pull,push". */
function covers(scopes: Scope[], wanted: Scope): boolean {
  const [name, actions] = splitScope(wanted);
  return scopes.some((scope) => {
    const [otherName, otherActions] = splitScope(scope);
    return name === otherName && actions.every((action) => otherActions.includes(action));
  });
}

function splitScope(scope: Scope): [string, string[]] {
  const colon = scope.lastIndexOf(":");
  return [scope.slice(0, colon), scope.slice(colon + 1).split(",")];
}

function parseTokenAnswer(body: Buffer): { token: string; seconds: number } | undefined {
  try {
    const answer = JSON.parse(body.toString("utf8")) as Record<string, unknown> | null;
    const token = answer?.["token"] ?? answer?.["access_token"];
    const seconds = answer?.["expires_in"];
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) return undefined;
    return { token, seconds: typeof seconds === "number" && seconds > 0 ? seconds : TOKEN_SECONDS };
  } catch {
    // Not JSON: the caller says so, with the address.
    return undefined;
  }
}
