import type { SiteAddress } from "../edge/sites";
import type { ServedApp } from "../settings/app-settings";
import type { ServerSettings } from "../settings/server-settings";

type Named = Pick<ServedApp, "name" | "publish">;

/** The ports of a server are published on all of its addresses. */
export const EVERY_ADDRESS = "0.0.0.0";

/** Where a server's edge serves an app: without TLS on a port, with it under a host name too. */
export function addressOf({ address, tls }: ServerSettings, { name, publish }: Named): SiteAddress {
  if (!tls) return { publish };
  const own = tls.names[name];
  return { host: own ?? address, publish: own === undefined ? publish : tls.port };
}

/** Every port that a server's edge publishes. */
export function edgePorts(server: ServerSettings, apps: readonly Named[]): number[] {
  const { tls } = server;
  const plain = tls && tls.redirectFrom !== false ? [tls.redirectFrom] : [];
  return [...new Set([...apps.map((app) => addressOf(server, app).publish), ...plain])];
}
