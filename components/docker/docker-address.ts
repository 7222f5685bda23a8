/** Docker hosts as settings write them: `unix:///path`, `tcp://host:port?certificates=FOLDER`, `ssh://user@host:port`. */

/** The port that is meant where an address has none. @param folder of certificates */
export const usualPort = (folder: string | undefined) => (folder === undefined ? 2375 : 2376);

/** The folder with ca.pem, cert.pem and key.pem, and the address without it. */
export function certificatesOf(address: string): { folder?: string; bare: string } {
  const [, bare = "", folder] = /^(tcp:[^?]*)\?certificates=(.+)$/.exec(address) ?? [];
  return folder === undefined ? { bare: address } : { folder, bare };
}

export function isDockerAddress(address: string): boolean {
  if (/^unix:\/\/\/./.test(address)) return true;
  if (!/^(tcp|ssh):\/\/./.test(address)) return false;
  const url = urlOf(certificatesOf(address).bare);
  if (!url || url.hostname === "" || !["", "/"].includes(url.pathname)) return false;
  const more = url.password || url.search || url.hash || (url.protocol === "tcp:" && url.username);
  return !more;
}

/** The same text for two addresses that are seen to be of the same Docker; of another user's, as rootless ones are, it is another. */
export function dockerKey(address: string): string {
  if (address.startsWith("unix:"))
    return address.replace(/^unix:\/+/, "unix:///").replace(/^unix:\/\/\/var\/run\//, "unix:///run/");
  const { folder, bare } = certificatesOf(address);
  const url = urlOf(bare);
  if (!url) return address;
  const port = url.port || (url.protocol === "ssh:" ? "22" : usualPort(folder));
  return `${url.protocol}//${url.username}@${url.hostname.toLowerCase()}:${port}`;
}

function urlOf(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}
