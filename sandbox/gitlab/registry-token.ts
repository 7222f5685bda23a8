import { createSign, type KeyObject, randomUUID } from "node:crypto";
import type { Access } from "./registry-scope";
import { libtrustKeyId } from "./signing-key";

export const issuer = "gitlab-issuer";
export const registryService = "container_registry";

/** As GitLab's default setting `container_registry_token_expire_delay` (minutes there). */
const lifetimeSeconds = 300;
/** Clocks of GitLab and registry may differ a little. */
const clockSkewSeconds = 5;

/** A signed registry token with GitLab's claims (distribution's "Token Authentication Implementation"). */
export function signRegistryToken(
  key: KeyObject,
  subject: string,
  access: Access[],
  now = Math.floor(Date.now() / 1000),
): string {
  const header = { typ: "JWT", alg: "RS256", kid: libtrustKeyId(key) };
  const claims = {
    access,
    jti: randomUUID(),
    aud: registryService,
    sub: subject,
    iss: issuer,
    iat: now,
    nbf: now - clockSkewSeconds,
    exp: now + lifetimeSeconds,
  };
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createSign("sha256").update(text).sign(key, "base64url")}`;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
