import type { Call } from "./call";
import { RegistryError } from "./wire/errors";

const REDIRECTS = [301, 302, 303, 307, 308];
/** Of these, those that ask for the same method and body again (RFC 9110, 15.4). */
const SAME_AGAIN = [307, 308];

/**
 * Where an answer sends a request on to; undefined where it does not, or the request can't go along: content is sent again to the
 * registry's own address alone, and not where it is a stream.
 * @throws RegistryError for an address that is not http or https
 */
export function redirectFor(
  call: Call,
  from: URL,
  { status, headers }: { status: number; headers: Record<string, string | undefined> },
): URL | undefined {
  const { location } = headers;
  if (!REDIRECTS.includes(status) || location === undefined) return undefined;
  const isRead = call.method === "GET" || call.method === "HEAD";
  const isRepeatable = SAME_AGAIN.includes(status) && (call.body === undefined || Buffer.isBuffer(call.body));
  if (!isRead && !isRepeatable) return undefined;
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol))
    return isRead || url.origin === call.url.origin ? url : undefined;
  throw new RegistryError({
    method: call.method,
    url: from,
    problem: "a redirect to an address that is not http or https",
  });
}

/** For a request that was not sent on. */
export function redirectHint(
  from: URL,
  { status, headers: { location } }: { status: number; headers: Record<string, string | undefined> },
): string | undefined {
  if (!REDIRECTS.includes(status) || location === undefined || !URL.canParse(location, from.href))
    return undefined;
  const { origin } = new URL(location, from);
  return origin === from.origin
    ? `${from.host} sends this on to another path in a way that only reads can follow: does a proxy in front of it change paths?`
    : `${from.host} sends this on to ${origin}, where only reads follow: name the registry by that address`;
}
