export interface Credential {
  username: string;
  password: string;
}

export type LoginRequest =
  | { kind: "basic"; header: string }
  | { kind: "bearer"; url: string; header: string | undefined };

/**
 * Pure: what a registry's WWW-Authenticate asks a client to do in order to pull `image`.
 * Undefined where it can't be answered: another scheme, or Basic without credentials.
 * The sandbox's GitLab says that its token service is at 127.0.0.1, which in this container is somewhere else: a loopback
 * realm of a registry that isn't on loopback is taken to be on the registry's machine (`remoteHost`).
 */
export function tokenRequest(
  challenge: string,
  image: string,
  credential: Credential | undefined,
  remoteHost?: string,
): LoginRequest | undefined {
  const basic =
    credential && `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString("base64")}`;
  if (/^basic\b/i.test(challenge)) return basic ? { kind: "basic", header: basic } : undefined;
  if (!/^bearer\b/i.test(challenge)) return undefined;
  const values = new Map<string, string>();
  for (const [, key, value] of challenge.matchAll(/(\w+)="([^"]*)"/g)) values.set(key!.toLowerCase(), value!);
  const realm = values.get("realm");
  if (!realm || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (remoteHost && url.hostname === "127.0.0.1") url.hostname = remoteHost;
  const service = values.get("service");
  if (service) url.searchParams.set("service", service);
  url.searchParams.set("scope", values.get("scope") ?? `repository:${image}:pull`);
  return { kind: "bearer", url: url.href, header: basic };
}
