import { Secrets } from "../../http/secrets";
import type { NexusServer } from "./nexus-server";

/** Names of fields whose values are secret, in whatever object they stand. */
const SECRET_FIELD = /password|passphrase|secret|token|bearer|accessKey|encryptionKey|keypair/i;

/** Basic authentication in UTF-8, as Nexus reads it; nothing for nobody. */
export function loginHeader({ username, password }: NexusServer): { authorization?: string } {
  return username ? { authorization: `Basic ${encoded(username, password)}` } : {};
}

const encoded = (username: string, password: string) =>
  Buffer.from(`${username}:${password}`).toString("base64");

/**
 * A text that came back, without the secrets that went out: a validation message or a proxy's page may repeat what it
 * was sent.
 * @param body as it was sent; a text is a password where the call changes one
 */
export function withoutSecrets(text: string, server: NexusServer, path: string, body: unknown): string {
  const secrets = [encoded(server.username, server.password), server.password];
  if (typeof body === "string" && path.endsWith("/change-password")) secrets.push(body);
  collect(body, secrets);
  const sent = new Secrets();
  sent.keepSent(...secrets);
  return sent.scrub(text, "[secret]");
}

function collect(value: unknown, secrets: string[]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [field, inner] of Object.entries(value)) {
    if (typeof inner === "string" && SECRET_FIELD.test(field)) secrets.push(inner);
    else collect(inner, secrets);
  }
}

/** An address for a message: without a login or a query, either of which may hold a secret. */
export function shownAddress(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/, "");
}
