import type { EdgeForm } from "./edge-software";
/** The volume with what an edge is configured by: the apps' files, and given certificates. */
export const CONFIG_PATH = "/config";

/** The volume with what Caddy makes itself: certificates, and the keys of its own authority. */
export const DATA_PATH = "/data";

/**
 * Where an edge finds its apps' sites, on the volume of its configuration. Edges behind doors have a folder of their own:
 * an older one that stands alone may still read the other.
 */
export function sitesFolder(form: EdgeForm): string {
  return form === "doors" ? `${CONFIG_PATH}/apps` : `${CONFIG_PATH}/sites`;
}

/** Given files, below the volume of the configuration. */
export const TLS_FILES = {
  certificate: `${CONFIG_PATH}/tls/certificate.pem`,
  key: `${CONFIG_PATH}/tls/key.pem`,
  directoryCa: `${CONFIG_PATH}/tls/directory-ca.pem`,
} as const;

/** The root certificate of Caddy's own authority (https://caddyserver.com/docs/automatic-https#local-https). */
export const OWN_ROOT = `${DATA_PATH}/caddy/pki/authorities/local/root.crt`;

/**
 * While this file is there, an edge ends each kept connection with its next response; looked for with every request, so
 * that nothing has to be loaded. In the container itself: of two edges with one volume it is about one.
 */
export const ENDING_FILE = "/tmp/berth-ending";

/** From which an edge believes whose request it is: no door stands on a public network. */
export const PRIVATE_NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"] as const;

/** Seconds that a websocket may go on after the configuration that opened it was left behind. */
export const STREAM_SECONDS = 24 * 60 * 60;

/** Seconds that an edge's container which is to go may take to end what it has begun. */
export const EDGE_GRACE = 60;

/** An https address for people: without the port that is https's own. */
export function httpsAddress(host: string, port: number): string {
  return `https://${withPort(host, port)}`;
}

/** `host:port`, without the port where it is https's own. */
export function withPort(host: string, port: number): string {
  return port === 443 ? bracketed(host) : `${bracketed(host)}:${port}`;
}

/** As addresses have it: an IPv6 address stands in brackets. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
