import { BlockList, isIP } from "node:net";

/** What one entry of NO_PROXY means: everything, a name with those below it, or addresses; each perhaps at one port alone. */
interface Entry {
  readonly everything?: boolean;
  /** A name, or with a dot in front the names below it. */
  readonly name?: string;
  readonly addresses?: BlockList;
  readonly port?: string;
}

/** Made when it is needed: most runs have no proxy. */
let loopback: BlockList | undefined;

/** This machine itself, which no proxy could reach. */
export function isThisMachine(hostname: string): boolean {
  const host = bare(hostname);
  loopback ??= addressList((list) => {
    list.addSubnet("127.0.0.0", 8);
    list.addAddress("::1", "ipv6");
  });
  return host === "localhost" || host.endsWith(".localhost") || includes(loopback, host);
}

/**
 * What NO_PROXY excepts, as Go's programs read it, Docker's among them (golang.org/x/net/http/httpproxy): a list of names, each
 * with all below it (`example.com`) or those alone (`.example.com`, `*.example.com`), addresses, networks (`10.0.0.0/8`), each
 * of them with a port or without, and `*` for everything. Commas or spaces stand between them.
 */
export class NoProxy {
  private readonly entries: readonly Entry[];

  constructor(text: string) {
    this.entries = text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(entryOf);
  }

  covers({ protocol, hostname, port }: URL): boolean {
    const host = bare(hostname);
    const wanted = port || (protocol === "https:" ? "443" : "80");
    return this.entries.some((entry) => {
      if (entry.port !== undefined && entry.port !== wanted) return false;
      if (entry.everything) return true;
      return entry.addresses ? includes(entry.addresses, host) : hasName(host, entry.name ?? "");
    });
  }
}

function entryOf(text: string): Entry {
  if (text === "*") return { everything: true };
  const lower = text.toLowerCase();
  const network = networkOf(lower);
  if (network) return { addresses: network };
  const { host, port } = splitPort(lower);
  if (isIP(host) !== 0) {
    const addresses = addressList((list) => list.addAddress(host, familyOf(host)));
    return { addresses, ...(port !== undefined && { port }) };
  }
  const name = host.replace(/^\*(?=\.)/, "").replace(/\.$/, "");
  return { name, ...(port !== undefined && { port }) };
}

function networkOf(text: string): BlockList | undefined {
  const [, address = "", bits = ""] = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(text) ?? [];
  const largest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (bits === "" || Number(bits) > largest) return undefined;
  return addressList((list) => list.addSubnet(address, Number(bits), familyOf(address)));
}

/** `example.com:8443`, `10.0.0.1:80`, `[::1]:80`; the colons of a bare IPv6 address are its own. */
function splitPort(text: string): { host: string; port?: string } {
  if (isIP(text) !== 0) return { host: text };
  const [, host = text, port] = /^(.*):(\d+)$/.exec(text) ?? [];
  return { host: host.replace(/^\[|\]$/g, ""), ...(port !== undefined && { port }) };
}

function hasName(host: string, name: string): boolean {
  if (name.startsWith(".")) return host.endsWith(name);
  return name !== "" && (host === name || host.endsWith(`.${name}`));
}

/** Without the brackets of IPv6, and without the dot that a whole name may end in. */
function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
}

function includes(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

function addressList(fill: (list: BlockList) => void): BlockList {
  const list = new BlockList();
  fill(list);
  return list;
}
