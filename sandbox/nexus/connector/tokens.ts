import { createHmac, randomBytes, randomUUID } from "node:crypto";
import type { Credentials } from "./permissions";

/** Longer than any single push; a client asks for a new token on every 401 anyway. */
const LIFETIME_MS = 12 * 60 * 60 * 1000;
const MAX_TOKENS = 10_000;

interface Issued {
  token: string;
  who: Credentials;
  until: number;
}

/**
 * Bearer tokens in Nexus's own form, DockerToken.<uuid>: one per user and password, the same on every login.
 * They live in memory only; after a restart clients get a 401 and log in again by themselves. A token stands for
 * the credentials it was given for, so a changed password or a deleted user ends it.
 */
export class Tokens {
  private readonly salt = randomBytes(32);
  private readonly byToken = new Map<string, Issued>();
  private readonly byCaller = new Map<string, Issued>();

  /** For credentials that the real Nexus has accepted; undefined stands for the anonymous user. */
  issue(who: Credentials): string {
    const caller = createHmac("sha256", this.salt)
      .update(JSON.stringify(who ?? null))
      .digest("hex");
    const known = this.byCaller.get(caller);
    if (known && known.until > Date.now()) return known.token;
    if (this.byToken.size >= MAX_TOKENS) this.clear();
    const issued = { token: `DockerToken.${randomUUID()}`, who, until: Date.now() + LIFETIME_MS };
    this.byCaller.set(caller, issued);
    this.byToken.set(issued.token, issued);
    return issued.token;
  }

  /** Whom a token stands for; undefined where it is unknown or too old. */
  redeem(token: string): { who: Credentials } | undefined {
    const issued = this.byToken.get(token);
    if (!issued) return undefined;
    if (issued.until > Date.now()) return { who: issued.who };
    this.byToken.delete(token);
    return undefined;
  }

  clear(): void {
    this.byToken.clear();
    this.byCaller.clear();
  }
}
