/** The volume with what an edge is configured by: the apps' files, and given certificates. */
export const CONFIG_PATH = "/config";

/** The volume with what Caddy makes itself: certificates, and the keys of its own authority. */
export const DATA_PATH = "/data";

/** Given files, below the volume of the configuration. */
export const TLS_FILES = {
  certificate: `${CONFIG_PATH}/tls/certificate.pem`,
  key: `${CONFIG_PATH}/tls/key.pem`,
  directoryCa: `${CONFIG_PATH}/tls/directory-ca.pem`,
} as const;

/** The root certificate of Caddy's own authority (https://caddyserver.com/docs/automatic-https#local-https). */
export const OWN_ROOT = `${DATA_PATH}/caddy/pki/authorities/local/root.crt`;

/**
 * A shell command that waits for another one of its kind in the same container: of two loads at once, each reading the
 * files and then handing over what it read, the later one could bring a configuration without the other's site.
 */
export function oneAtATime(command: string): string {
  return `flock ${CONFIG_PATH}/load.lock sh -c '${command}' 2>&1`;
}

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
