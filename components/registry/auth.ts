import { Secrets } from "../http/secrets";
import { type Challenge, parseChallenges } from "./challenge";
import { type Account, basicHeader } from "./logins/account";
import { tokenServer } from "./realm";
import { type Token, TokenClient } from "./token-client";
import { RegistryError } from "./wire/errors";
import type { Transport } from "./wire/transport";

export type { Account, Credentials } from "./logins/account";

/** What is to be done at a repository, in the token protocol's words: "repository:team/blog:pull". */
export type Scope = string;

/** A request, as far as its login goes. */
export interface Purpose {
  method: string;
  scopes: Scope[];
}

type Bearer = { scheme: "bearer"; realm: URL; service: string | undefined };
type Mode = { scheme: "basic" } | Bearer;

/**
 * Nexus from 3.77 on names `null://host/v2/token` at its connectors for plain http (nexus-public 565, 580, 628). They take a user
 * name and a password as well, and nobody without.
 */
const NULL_REALM = /^null:/i;
const NULL_REALM_REMARK =
  "It names null:// as its token server, a fault of Nexus from 3.77 on in plain http, so that only a user name and a password sent as they are (Basic) work there";

/** For a request on its way. */
const MARGIN_MS = 5_000;

/**
 * The login at one registry: learns from its first 401 whether it wants Basic or Bearer, and keeps one token per
 * set of scopes, renewed before it runs out. Without an account it asks for anonymous tokens.
 */
export class Authorizer {
  private mode: Mode | undefined;
  private readonly tokens = new Map<string, Promise<Token>>();
  /**
   * What challenges wanted beyond a request's own scopes. By method as well: giving up an upload needs the right to
   * delete at some registries, and asking for that must not cost a reader or writer its token.
   */
  private readonly extraScopes = new Map<string, Scope[]>();
  private readonly secrets = new Secrets();
  private hasNullRealm = false;
  private readonly tokenClient: TokenClient;

  constructor(
    private readonly registry: URL,
    private readonly account: Account | undefined,
    transport: Transport,
    signal?: AbortSignal,
  ) {
    if (account !== undefined) this.secrets.keepSent(...secretsOf(account));
    this.tokenClient = new TokenClient({ registry, account, transport, secrets: this.secrets, signal });
  }

  get hasAccount(): boolean {
    return this.account !== undefined;
  }

  /** There is an account, and nobody has asked for it yet. */
  get isUnused(): boolean {
    return this.hasAccount && this.mode === undefined;
  }

  /** What is odd about the login here, for errors about it. */
  get remark(): string | undefined {
    return this.hasNullRealm ? NULL_REALM_REMARK : undefined;
  }

  /** The header for a request; undefined before the registry asked for a login. */
  async header(purpose: Purpose): Promise<string | undefined> {
    if (this.mode === undefined) return undefined;
    if (this.mode.scheme === "basic")
      return this.account && "password" in this.account ? basicHeader(this.account) : undefined;
    const scopes = this.allScopes(purpose);
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
    purpose: Purpose,
    sent: string | undefined,
  ): Promise<boolean> {
    const challenges = parseChallenges(wwwAuthenticate);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    this.hasNullRealm = NULL_REALM.test(bearer?.parameters["realm"] ?? "");
    if (bearer !== undefined && !this.hasNullRealm) {
      await this.wantsBearer(bearer, purpose, sent);
      return true;
    }
    const takesBasic = this.hasNullRealm || challenges.some(({ scheme }) => scheme === "basic");
    if (!takesBasic) throw this.unknownScheme(challenges);
    this.mode = { scheme: "basic" };
    if (this.account !== undefined && !("password" in this.account)) throw this.identityRefused();
    return this.account !== undefined;
  }

  /** The text with every credential that this login has used taken out; to be cut only afterwards. */
  scrub(text: string): string {
    return this.secrets.scrub(text);
  }

  private async wantsBearer(
    { parameters }: Challenge,
    purpose: Purpose,
    sent: string | undefined,
  ): Promise<void> {
    const realm = tokenServer(this.scrub(parameters["realm"] ?? ""), this.registry);
    this.mode = { scheme: "bearer", realm, service: parameters["service"] };
    const known = this.allScopes(purpose);
    const missing = (parameters["scope"] ?? "")
      .split(" ")
      .filter((scope) => scope !== "" && !covers(known, scope));
    if (missing.length > 0) {
      this.extraScopes.set(extraKey(purpose), [...known.slice(purpose.scopes.length), ...missing]);
      return;
    }
    const key = known.join(" ");
    const current = await this.tokens.get(key);
    // Of several refused requests the first one throws the token away, and the others find the new one.
    if (current !== undefined && sent === `Bearer ${current.value}`) this.tokens.delete(key);
  }

  private allScopes(purpose: Purpose): Scope[] {
    return [...purpose.scopes, ...(this.extraScopes.get(extraKey(purpose)) ?? [])];
  }

  private renew(key: string, { realm, service }: Bearer, scopes: Scope[]): Promise<Token> {
    const token = this.tokenClient.fetch({ realm, service, scopes });
    this.tokens.set(key, token);
    token.catch(() => this.tokens.get(key) === token && this.tokens.delete(key));
    return token;
  }

  private unknownScheme(challenges: Challenge[]): RegistryError {
    const named = this.scrub(challenges.map(({ scheme }) => scheme).join(", ")).slice(0, 200);
    return this.refused(
      `the registry wants a login by ${named || "no scheme that it names"}; Basic and Bearer are known here`,
    );
  }

  private identityRefused(): RegistryError {
    return this.refused(
      "the registry wants a user name and a password (Basic), and only an identity token was given",
      `${this.remark ? `${this.remark}. ` : ""}Log in again (docker login ${this.registry.host}), or give a user name and a password`,
    );
  }

  private refused(problem: string, hint?: string): RegistryError {
    const url = new URL("/v2/", this.registry);
    return new RegistryError({ method: "GET", url, status: 401, problem, ...(hint && { hint }) });
  }
}

function extraKey({ method, scopes }: Purpose): string {
  return [method, ...scopes].join(" ");
}

function secretsOf(account: Account): string[] {
  if ("identityToken" in account) return [account.identityToken];
  return [account.password, basicHeader(account).slice("Basic ".length)];
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
