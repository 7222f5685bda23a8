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

/** Accounts by registry host as it is written in references, e.g. {"gitlab.example.com:5050": {…}}. */
export type Credentials = Record<string, Account>;

/** The header of HTTP's Basic scheme (RFC 7617, in UTF-8). */
export function basicHeader({ username, password }: PasswordAccount): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
