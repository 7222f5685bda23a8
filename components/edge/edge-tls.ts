import type { TlsSettings } from "../settings/tls-settings";
import type { EdgeCertificates, FixedRoute } from "./software/edge-software";

/** TLS at an edge, whoever makes its container. */
export interface EdgeTlsWish {
  readonly settings: TlsSettings;
  /** The host's own name or address. */
  readonly host: string;
  /** What is served from the beginning; each must be reached from here before the edge counts as ready. */
  readonly routes: readonly FixedRoute[];
  /** Host names of the apps that are to come. */
  readonly hosts: readonly string[];
  /** Host name → port of its https, where plain http is to be sent on to another than host and port. */
  readonly redirects?: { readonly [host: string]: number };
  /** Addresses and CIDRs of proxies in front, and the app of each host name: as an edge's software has them. */
  readonly trustedProxies?: readonly string[] | undefined;
  readonly apps?: { readonly [host: string]: string };
}

/** The same as an edge's main configuration says it. States hold it: its fields keep their order. */
export function edgeTls(wish: EdgeTlsWish) {
  const { settings, host, hosts, routes, redirects = {}, trustedProxies, apps = {} } = wish;
  const { port, redirectFrom } = settings;
  return {
    certificates: certificatesOf(settings),
    host,
    hosts,
    port,
    redirectFrom,
    redirects,
    routes,
    ...(trustedProxies && { trustedProxies, apps }),
  };
}

function certificatesOf({ certificates, email, directory, directoryCa }: TlsSettings): EdgeCertificates {
  if (certificates === "own") return { from: "own" };
  if (certificates !== "acme") return { from: "files" };
  return { from: "acme", email, directory, directoryCa: directoryCa !== undefined };
}

/** Whether an edge gets its certificates itself, and has to keep them. */
export function makesCertificates({ certificates }: TlsSettings): boolean {
  return typeof certificates === "string";
}
