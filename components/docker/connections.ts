/** One line of /proc/net/tcp or tcp6 (https://docs.kernel.org/networking/proc_net_tcp.html). */
export interface Socket {
  readonly address: string;
  readonly port: number;
  readonly remote: string;
  readonly state: "listening" | "established" | "other";
}

/** As the kernel numbers them: 01 established, 03 about to be, 0A listening. */
const STATES: { readonly [number: string]: Socket["state"] } = {
  "01": "established",
  "03": "established",
  "0A": "listening",
};

/** The sockets in the text of both files, one after the other. */
export function socketsIn(text: string): Socket[] {
  return text.split("\n").flatMap((line) => {
    const [, local, remote, state] =
      /^\s*\d+: ([0-9A-F]+:[0-9A-F]{4}) ([0-9A-F]+):[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ?? [];
    if (local === undefined) return [];
    const [address = "", port = ""] = local.split(":");
    return [
      {
        address: addressOf(address),
        port: Number.parseInt(port, 16),
        remote: addressOf(remote ?? ""),
        state: STATES[state ?? ""] ?? "other",
      },
    ];
  });
}

/** How many connections a server of these sockets has from elsewhere; what it opened itself isn't counted. */
export function connectionsFrom(sockets: readonly Socket[]): number {
  const served = new Set(sockets.filter(({ state }) => state === "listening").map(({ port }) => port));
  return sockets.filter(
    ({ state, port, remote }) => state === "established" && served.has(port) && !remote.startsWith("127."),
  ).length;
}

/** Whether a container that publishes a port on this address would find it taken. `0.0.0.0` is every address. */
export function isTaken(sockets: readonly Socket[], bind: string, port: number): boolean {
  const every = ["0.0.0.0", "::"];
  return sockets.some(
    (socket) =>
      socket.state === "listening" &&
      socket.port === port &&
      (every.includes(bind) || every.includes(socket.address) || socket.address === bind),
  );
}

/** Words of 32 bits, each in the order of the machine (little-endian); an IPv4 address within IPv6 as it is by itself. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse(),
  );
  if (bytes.length === 4) return bytes.join(".");
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return bytes.slice(12).join(".");
  if (bytes.every((byte) => byte === 0)) return "::";
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bytes[2 * at]! << 8) | bytes[2 * at + 1]!).toString(16),
  );
  return groups.join(":");
}
