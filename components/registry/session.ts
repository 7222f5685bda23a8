import { isLoopback } from "../http/private-address";
import { type HttpProxy, proxyFor } from "../http/proxy-for";
import { parseRetryAfter } from "../http/retry-after";
import { judgeStatus, type RetryPolicy, retryPolicies } from "../http/retry-policy";
import { retrying } from "../http/retrying";
import { Secrets } from "../http/secrets";
import { Authorizer } from "./auth";
import type { Answer, Call, SessionOptions, StreamAnswer } from "./call";
import { keptFor } from "./logins/account";
import { redirectFor, redirectHint } from "./redirect";
import { RegistryError, type RegistryFault, secretsIn } from "./wire/errors";
import { parseFaults } from "./wire/faults";
import { elsewhereHint, hintFor } from "./wire/hints";
import { readAll, Transport } from "./wire/transport";

const ANSWER_LIMIT = 1024 * 1024;
const ERROR_LIMIT = 64 * 1024;
const MOST_REDIRECTS = 5;
const BASE = { method: "base", scopes: [] };

/** Requests to one registry: login, redirects, attempts again after temporary failures, and errors that explain. */
export class Session {
  /** Where the registry's API is. */
  readonly origin: URL;
  private readonly transport: Transport;
  private readonly authorizer: Authorizer;
  private base: Promise<boolean> | undefined;

  constructor(private readonly options: SessionOptions) {
    const { registry, repository, credentials = {}, insecure, secure, signal } = options;
    this.origin = registryOrigin(registry, insecure, secure);
    this.transport = new Transport(options.idleLimit, options.ca);
    const account = keptFor(credentials, registry, repository);
    this.authorizer = new Authorizer(this.origin, account, this.transport, signal);
  }

  /** @throws RegistryError unless the status is one of `call.expect`. */
  request(call: Call): Promise<Answer> {
    return this.retrying(call, async () => {
      const { stream, ...head } = await this.open(call);
      const body = await readAll(stream, call.limit ?? ANSWER_LIMIT, { ...this.named(call), url: head.url });
      return { ...head, body };
    });
  }

  /** As `request`, with the body left to the caller, who must read or destroy it. */
  stream(call: Call): Promise<StreamAnswer> {
    return this.retrying(call, () => this.open(call));
  }

  close(): void {
    this.transport.close();
  }

  private retrying<T>(call: Call, attempt: () => Promise<T>): Promise<T> {
    const once = call.body !== undefined && !Buffer.isBuffer(call.body);
    const policy = registryPolicy(once ? { ...this.options, retries: 0 } : this.options);
    return retrying(policy, attempt, { repeatable: true, signal: this.options.signal });
  }

  private async open(call: Call): Promise<StreamAnswer> {
    const answer = await this.authorised(call);
    if (call.expect.includes(answer.status)) return answer;
    throw await this.refusal(call, answer);
  }

  /** Answers a 401 with a login, once more with a fresh token, and then takes it for the answer. */
  private async authorised(call: Call): Promise<StreamAnswer> {
    const streamed = call.body !== undefined && !Buffer.isBuffer(call.body);
    for (let logins = 0; ; logins++) {
      const header = await this.authorizer.header(call);
      const answer = await this.followed(call, header);
      if (logins === 0 && header === undefined && (await this.mayBeHidden(answer))) {
        answer.stream.discard();
        if (streamed) throw this.staleLogin(call);
        continue;
      }
      if (answer.status !== 401 || !this.isOrigin(answer.url) || logins >= 2) return answer;
      const again = await this.authorizer.challenged(answer.headers["www-authenticate"], call, header);
      // Basic credentials that were sent and refused won't be better the next time.
      if (!again || header?.startsWith("Basic ") || (logins >= 1 && header === undefined)) return answer;
      answer.stream.discard();
      if (streamed) throw this.staleLogin(call);
    }
  }

  /**
   * Who lets anybody in may say 404 or 403 of what only some may see, and never ask who it is. Then the base of the API, which Docker
   * asks first, tells how to log in. Asked once.
   */
  private async mayBeHidden({ status, url }: StreamAnswer): Promise<boolean> {
    if (![403, 404].includes(status) || !this.isOrigin(url) || !this.authorizer.hasAccount) return false;
    // Another request may have been asked meanwhile.
    if (this.authorizer.isUnused) this.base ??= this.askBase();
    return this.base ?? true;
  }

  private async askBase(): Promise<boolean> {
    const url = new URL("/v2/", this.origin);
    const call: Call = { method: "GET", url, repository: "", scopes: [], expect: [] };
    try {
      const answer = await this.followed(call, undefined);
      answer.stream.discard();
      if (answer.status !== 401 || !this.isOrigin(answer.url)) return false;
      // Scopes that it names are those of no request.
      return await this.authorizer.challenged(answer.headers["www-authenticate"], BASE, undefined);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return false;
    }
  }

  /** Follows redirects; the login goes to the registry's own origin alone. */
  private async followed(call: Call, authorization: string | undefined): Promise<StreamAnswer> {
    let url = call.url;
    for (let redirects = 0; ; redirects++) {
      const headers = { "user-agent": "berth", ...call.headers };
      if (Buffer.isBuffer(call.body)) Object.assign(headers, { "content-length": String(call.body.length) });
      if (authorization !== undefined && this.isOrigin(url)) Object.assign(headers, { authorization });
      const request = { ...this.named(call), url, headers, body: call.body };
      const { body: stream, ...head } = await this.transport.exchange(request);
      const next = redirectFor(call, url, head);
      if (next === undefined) return { ...head, stream, url };
      stream.discard();
      if (redirects >= MOST_REDIRECTS)
        throw new RegistryError({
          method: call.method,
          url,
          status: head.status,
          problem: `more than ${MOST_REDIRECTS} redirects`,
        });
      url = next;
    }
  }

  private async refusal(call: Call, { url, stream, status, headers }: StreamAnswer): Promise<RegistryError> {
    // The status is the news; a body that can't be read or is too long must not hide it.
    const body = await readAll(stream, ERROR_LIMIT, { method: call.method, url }).catch(() =>
      Buffer.alloc(0),
    );
    const signed = new Secrets();
    signed.keep(...secretsIn(url));
    const faults = parseFaults(body.toString("utf8"), (text) => signed.scrub(this.authorizer.scrub(text)));
    const { host } = url;
    const proxy = url.protocol === "http:" ? proxyFor(url) : undefined;
    const credentials = this.authorizer.hasAccount;
    const hint = this.isOrigin(url)
      ? hintFor({ host, method: call.method, repository: call.repository, status, credentials, faults })
      : elsewhereHint(this.origin, url);
    const retryAfter = parseRetryAfter(headers["retry-after"]);
    const seconds = retryAfter === undefined ? undefined : Math.ceil(retryAfter / 1000);
    return new RegistryError({
      method: call.method,
      url,
      status,
      faults,
      hint: sentences(
        redirectHint(url, { status, headers }) ?? hint,
        this.oddity(status),
        seconds && `It asks to try again in ${seconds} s`,
        maybeProxys(proxy, faults),
      ),
      ...judgeStatus(retryPolicies.registry, status, call.method),
      retryAfter,
    });
  }

  /** Of the login, where that may be why. */
  private oddity(status: number): string | undefined {
    return status === 401 || status === 403 ? this.authorizer.remark : undefined;
  }

  private staleLogin(call: Call): RegistryError {
    const { method, url, repository } = call;
    const credentials = this.authorizer.hasAccount;
    return new RegistryError({
      method,
      url,
      status: 401,
      problem: "the login was refused or ran out during an upload",
      hint: hintFor({ host: url.host, method, repository, status: 401, credentials, faults: [] }),
      temporary: true,
    });
  }

  private named(call: Call) {
    return { method: call.method, url: call.url, signal: this.options.signal };
  }

  private isOrigin(url: URL): boolean {
    return url.origin === this.origin.origin;
  }
}

/** A registry's own refusal has a code. */
function maybeProxys(proxy: HttpProxy | undefined, faults: RegistryFault[]): string | undefined {
  if (proxy === undefined || faults.some(({ code }) => code !== "")) return undefined;
  return `The way there is through the proxy ${proxy.address.origin} (${proxy.variable}), which may have said so itself`;
}

function sentences(...parts: (string | 0 | undefined)[]): string | undefined {
  return parts.filter(Boolean).join(". ") || undefined;
}

/** The policy of all registries, as a caller wants it. */
export function registryPolicy({
  retries,
  retryDelay,
}: Pick<SessionOptions, "retries" | "retryDelay">): RetryPolicy {
  const { registry } = retryPolicies;
  return {
    ...registry,
    attempts: retries === undefined ? registry.attempts : retries + 1,
    firstPause: retryDelay ?? registry.firstPause,
  };
}

/**
 * Where a registry's API is.
 * @param registry a host as it is in a reference, which was checked when that was parsed
 * @param secure https although it is a loopback address
 */
export function registryOrigin(registry: string, insecure = false, secure = false): URL {
  // Docker Hub's references name a host that has no API.
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const scheme = insecure || (isLoopback(host) && !secure) ? "http" : "https";
  return new URL(`${scheme}://${host}`);
}
