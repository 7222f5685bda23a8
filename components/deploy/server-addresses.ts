import type { SiteAddress } from "../edge/sites";
import type { ServedApp } from "../settings/app-settings";
import type { ServerSettings } from "../settings/server-settings";
import { ownHosts } from "../settings/tls-settings";

type Named = Pick<ServedApp, "name" | "publish">;

/** The ports of a server are published on all of its addresses. */
export const EVERY_ADDRESS = "0.0.0.0";

/** Where a server's edge serves an app, for people: without TLS on a port, with it under a host name too. */
export function addressOf(server: ServerSettings, app: Named): SiteAddress {
  return addressesOf(server, app)[0];
}

/** Every address at which it does; the one that people are told comes first. */
export function addressesOf(
  { address, tls }: ServerSettings,
  { name, publish }: Named,
): readonly [SiteAddress, ...SiteAddress[]] {
  if (!tls) return [{ publish }];
  const [first, ...others] = ownHosts(tls, name).map((host) => ({ host, publish: tls.port }));
  return [first ?? { host: address, publish }, ...others];
}

/** Every port that a server's edge publishes. */
export function edgePorts(server: ServerSettings, apps: readonly Named[]): number[] {
  const { tls } = server;
  const plain = tls && tls.redirectFrom !== false ? [tls.redirectFrom] : [];
  return [...new Set([...apps.map((app) => addressOf(server, app).publish), ...plain])];
}
