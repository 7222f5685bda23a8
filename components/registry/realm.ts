import { isLoopback } from "../http/private-address";
import { RegistryError } from "./wire/errors";

const PROXY_HINT =
  "Let the proxy in front of it send Host, X-Forwarded-Proto and X-Forwarded-Host correctly, the last without a port";

/** What Nexus from 3.78 on makes of an X-Forwarded-Host with a port: `https://name:8082:8082/…` (nexus-public 611, 651). */
const DOUBLED_PORT = /^(https?:\/\/[^/?#]*?:(\d+)):\2(?=[/?#]|$)/i;

/**
 * The token server that a registry's challenge names. Any host may be one, but a login goes there over https alone;
 * over plain http only where the registry itself is spoken to in plain http, and no further than its own host or this
 * machine.
 * @param text of the challenge, with no secret in it.
 * @throws RegistryError; some proxies make a registry name an address that can't be right.
 */
export function tokenServer(text: string, registry: URL): URL {
  const wrong = (why: string, hint: string) =>
    new RegistryError({
      method: "GET",
      url: new URL("/v2/", registry),
      status: 401,
      problem: `the registry names ${JSON.stringify(text.slice(0, 200))} as its token server (realm): ${why}`,
      hint,
    });
  const once = text.replace(DOUBLED_PORT, "$1");
  const realm = URL.canParse(once) ? new URL(once) : undefined;
  if (realm === undefined || !/^https?:$/.test(realm.protocol) || !isHost(realm.hostname))
    throw wrong("expected an http or https address", PROXY_HINT);
  if (realm.protocol === "http:" && registry.protocol === "https:")
    throw wrong("expected https, since the login would leave the encrypted connection", PROXY_HINT);
  if (realm.protocol === "http:" && !isLoopback(realm.host) && realm.hostname !== registry.hostname)
    throw wrong(
      "expected https, since the login would go to another host unencrypted",
      "Give the token server a certificate, and its https address to the registry",
    );
  realm.username = "";
  realm.password = "";
  return realm;
}

/** "a,b" is what two proxies make that each add a header; a parser of addresses lets it pass. */
function isHost(hostname: string): boolean {
  return /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(hostname);
}
