import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds for a look at a name: long enough for one that is known. */
const LOOKUP_MS = 1000;

/** Where cloud providers serve credentials: Nexus asks it under no circumstances and takes it on no list. */
export const CLOUD_METADATA = "169.254.169.254";

/** What Nexus counts as private (loopback, link-local, site-local), and what else no public server has. */
const PRIVATE = new BlockList();
for (const [address, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE.addSubnet(address, bits, "ipv4");
for (const [address, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
] as const)
  PRIVATE.addSubnet(address, bits, "ipv6");

export function isPrivateAddress(address: string): boolean {
  const plain = javaAddress(address);
  return PRIVATE.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

/** Addresses of a name. @throws where it has none */
export type Resolve = (name: string) => Promise<readonly string[]>;

const resolveHere: Resolve = async (name) => {
  const found = await lookup(name, { all: true });
  return found.map(({ address }) => address);
};

/**
 * Whether a name has a private address, or isn't known not to: a name that can't be looked up from here, or not in a
 * second, may be one that only Nexus's own network knows.
 */
export async function mayBePrivate(name: string, resolve?: Resolve): Promise<boolean> {
  const addresses = await addressesOf(name, resolve);
  return addresses.length === 0 || addresses.some(isPrivateAddress);
}

/** What a name leads to, as seen from here; nothing where that can't be found out in a second. */
export async function addressesOf(name: string, resolve: Resolve = resolveHere): Promise<readonly string[]> {
  const late = sleep(LOOKUP_MS, [], { ref: false });
  return Promise.race([resolve(name).catch(() => []), late]);
}

/** An address as Java writes it, which is how Nexus compares: `fd00::1` is `fd00:0:0:0:0:0:0:1`. */
export function javaAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string | undefined) => (text ? text.split(":") : []);
  const [before, after] = [groups(head), groups(tail)];
  const middle = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const all = [...before, ...middle, ...after];
  const isMapped = all.slice(0, 6).join(":") === "0:0:0:0:0:ffff";
  return isMapped ? ipv4Of(all.slice(6)) : all.join(":");
}

function ipv4Of(groups: readonly string[]): string {
  return groups
    .flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    })
    .join(".");
}

/** Host with or without a port. As dockerd does: 127.0.0.0/8, ::1 and localhost need no TLS. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}
