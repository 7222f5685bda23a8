import type { NexusServer } from "./nexus-server";

/**
 * Passwords that are right by now, of this process: a resource that left the program is deleted with the login in its old
 * state, which a rotation in the same run has made wrong; and in the preview of a rotation the new one is not right yet.
 */
const passwords = new Map<string, string>();

const keyOf = ({ url, username }: Pick<NexusServer, "url" | "username">) => `${username} ${url}`;

export function rememberLogin(server: NexusServer): void {
  passwords.set(keyOf(server), server.password);
}

/** The server with the password that its account has by now, as far as this process knows. */
export function currentLogin(server: NexusServer): NexusServer {
  return { ...server, password: passwords.get(keyOf(server)) ?? server.password };
}
