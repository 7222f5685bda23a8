/** A user name with its password or access token. */
export interface PasswordAccount {
  username: string;
  password: string;
}

/** What `docker login` keeps of some registries: a token that the token server trades for short ones. */
export interface IdentityAccount {
  identityToken: string;
}

export type Account = PasswordAccount | IdentityAccount;

/**
 * Accounts by registry host as it is written in references, or by host and path for the repositories below that:
 * {"gitlab.example.com:5050": {…}, "gitlab.example.com:5050/team": {…}}.
 */
export type Credentials = Record<string, Account>;

/** What is kept for a repository under its longest path, else under its registry. */
export function keptFor<T>(
  kept: Readonly<Record<string, T>>,
  registry: string,
  repository = "",
): T | undefined {
  const parts = [registry, ...repository.split("/")];
  const keys = parts.map((_, at) => parts.slice(0, at + 1).join("/")).reverse();
  const key = keys.find((one) => Object.hasOwn(kept, one));
  return key === undefined ? undefined : kept[key];
}

/** The header of HTTP's Basic scheme (RFC 7617, in UTF-8). */
export function basicHeader({ username, password }: PasswordAccount): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
