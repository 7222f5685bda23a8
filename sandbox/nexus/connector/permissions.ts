import { createHmac, randomBytes } from "node:crypto";
import type { CoreClient } from "./core-client";

export type Action = "read" | "add" | "edit" | "delete";

/**
 * What the real Nexus says of one caller, action and image.
 * `offline`: the repository is out of service; `frozen`: the whole server is read-only; `missing`: no such repository.
 */
export type Verdict = "allowed" | "denied" | "unauthenticated" | "offline" | "frozen" | "missing";

/** An Authorization header's value, or undefined for a caller without credentials. */
export type Credentials = string | undefined;

/**
 * One HTTP method per action, as Nexus maps them for every format. None leaves anything behind (measured on 3.71):
 * the repositories behind ours are raw proxies and groups, which route none of them and answer 405 once permitted.
 */
const PROBE: Record<Action, string> = { read: "OPTIONS", add: "POST", edit: "PUT", delete: "DELETE" };

/** Pushing one image asks dozens of times; a revoked right works on for at most this long. */
const CACHE_MS = 3000;
const CACHE_ENTRIES = 5000;

/** Asks the real Nexus, with the caller's own credentials, whether its roles and privileges allow an action. */
export class Permissions {
  private readonly salt = randomBytes(32);
  private readonly cache = new Map<string, { verdict: Promise<Verdict>; until: number }>();

  constructor(private readonly core: CoreClient) {}

  /** `path` is the image's, so that content selectors on a docker path work too. */
  async judge(who: Credentials, repository: string, path: string, action: Action): Promise<Verdict> {
    const key = this.key(who, repository, path, action);
    const known = this.cache.get(key);
    if (known && known.until > Date.now()) return known.verdict;
    const verdict = this.probe(who, repository, path, action);
    this.remember(key, verdict);
    verdict.catch(() => this.cache.delete(key));
    return verdict;
  }

  /** Called after every change over REST: what was just granted or taken holds at once. */
  forget(): void {
    this.cache.clear();
  }

  private remember(key: string, verdict: Promise<Verdict>): void {
    if (this.cache.size >= CACHE_ENTRIES) this.cache.clear();
    this.cache.set(key, { verdict, until: Date.now() + CACHE_MS });
  }

  /** Credentials are kept as a salted hash only. */
  private key(who: Credentials, ...rest: string[]): string {
    return createHmac("sha256", this.salt)
      .update(JSON.stringify([who ?? null, ...rest]))
      .digest("hex");
  }

  private async probe(who: Credentials, repository: string, path: string, action: Action): Promise<Verdict> {
    const answer = await this.core.ask({
      method: PROBE[action],
      path: `/repository/${encodeURIComponent(repository)}/${path}`,
      headers: { ...(who === undefined ? {} : { authorization: who }), "content-length": 0 },
    });
    const verdict = interpret(action, answer.status);
    return verdict === "allowed" && action !== "read" && (await this.isFrozen()) ? "frozen" : verdict;
  }

  /** The whole server is read-only (POST /v1/read-only/freeze); anybody may ask. */
  private async isFrozen(): Promise<boolean> {
    const answer = await this.core.ask({ method: "GET", path: "/service/rest/v1/status/writable" });
    return answer.status === 503;
  }
}

/** Pure: the real server's answer to a probe, as a verdict. Throws on an answer that means none. */
export function interpret(action: Action, status: number): Verdict {
  const verdicts: Record<number, Verdict> = {
    401: "unauthenticated",
    403: "denied",
    404: "missing",
    405: "allowed",
    503: "offline",
  };
  const verdict = verdicts[status];
  if (verdict) return verdict;
  throw new Error(`permission probe ${PROBE[action]}: unexpected answer ${status} of the Nexus core`);
}
