import type { EdgeTls, Site } from "./edge-software";
import { httpsAddress } from "./places";

/** Where what comes by plain http under one host name is sent on to; the empty name is every other one. */
export interface Redirect {
  readonly name: string;
  /** By https, without a path: `https://blog.example.com:8443`. */
  readonly address: string;
  /**
   * As what it is served where a trusted proxy sends it for a client that spoke https: sent on it would come back in the same way.
   * Undefined where there is no such proxy, or no app under that name.
   */
  readonly served:
    | (Required<Pick<Site, "app" | "publish" | "trustedProxies">> & { host: string })
    | undefined;
}

/** @param to port by host name; every other name leads to what the edge's own host does */
export function redirectsOf(to: { readonly [host: string]: number }, tls: EdgeTls): Redirect[] {
  const { host: own, trustedProxies = [], apps = {} } = tls;
  return Object.entries(to).map(([name, port]) => {
    const host = name || own;
    const app = trustedProxies.length > 0 ? apps[name] : undefined;
    const publish = name === "" ? (to[own] ?? port) : port;
    return {
      name,
      address: httpsAddress(host, port),
      served: app === undefined ? undefined : { app, host, publish, trustedProxies },
    };
  });
}
