import { isIP } from "node:net";
import type { NexusSettings } from "./nexus-settings";
import { isBefore, nexusVersion } from "./nexus-version";

/** The first version that asks no private addresses unless told. */
const PROTECTED_SINCE = "3.92.0";

export interface PrivateHosts {
  /** To be looked up: allowed only if they are, or may be, private. */
  readonly hosts: string[];
  readonly allowed: string[];
}

/**
 * The hosts that these settings send Nexus to: remotes of proxies, indexes of docker, S3 that isn't Amazon's. Undefined where
 * there is nothing to allow: no such host, or a version that needs no permission.
 */
export function privateHosts(settings: NexusSettings): PrivateHosts | undefined {
  // Of a Nexus that is somebody's own only what is named is touched.
  if (settings.url !== undefined) {
    const { privateHosts: allowed } = settings;
    return allowed.length > 0 ? { hosts: [], allowed } : undefined;
  }
  const version = nexusVersion(settings.image);
  if (version && isBefore(version, PROTECTED_SINCE)) return undefined;
  const { privateHosts: allowed } = settings;
  const hosts = [...new Set(addressesOf(settings).map(hostOf))];
  if (hosts.length + allowed.length === 0) return undefined;
  if (!goesThroughProxy(settings)) return { hosts, allowed };
  // The proxy knows the names, not Nexus, which refuses what it can't look up itself.
  const names = hosts.filter((host) => isIP(host) === 0);
  return { hosts: hosts.filter((host) => !names.includes(host)), allowed: [...allowed, ...names] };
}

function addressesOf({ repositories, blobStores }: NexusSettings): string[] {
  const remotes = Object.values(repositories).flatMap((one) =>
    one.type === "proxy" ? [one.remote, one.indexUrl ?? []].flat() : [],
  );
  const stores = Object.values(blobStores).flatMap((one) => (one.type === "s3" ? (one.endpoint ?? []) : []));
  return [...remotes, ...stores];
}

/** As written, since Nexus compares it letter by letter; of `[fd00::1]` what is in the brackets. */
function hostOf(address: string): string {
  const [, ipv6, name = ""] = /^https?:\/\/(?:[^/?#]*@)?(?:\[([^\]]+)\]|([^/:?#]+))/.exec(address) ?? [];
  return ipv6 ?? name;
}

function goesThroughProxy({ outboundHttp }: NexusSettings): boolean {
  return outboundHttp?.httpProxy !== undefined || outboundHttp?.httpsProxy !== undefined;
}
