import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createConnection } from "node:net";
import { basename } from "node:path";

export interface Listener {
  address: string;
  port: number;
  inode: string;
}

export interface PortHolder {
  address: string;
  /** Undefined where the kernel does not tell (another user's process). */
  pid?: number;
  command?: string;
}

const listenState = "0A";

/** Who listens on a TCP port of loopback or of all addresses; undefined where nobody does. */
export function holderOf(port: number, address = "127.0.0.1"): PortHolder | undefined {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => parseListeners(readOptional(file)));
  const listener = tables.find((one) => one.port === port && (one.address === address || isAny(one.address)));
  if (!listener) return undefined;
  const pid = pidOfSocket(listener.inode);
  return { address: listener.address, pid, command: pid === undefined ? undefined : programOf(pid) };
}

/** As it was called: the kernel's name of a process is that of its first thread, which Node 24 calls MainThread. */
function programOf(pid: number): string {
  const [called = ""] = readOptional(`/proc/${pid}/cmdline`).split(/[\0\s]/);
  return basename(called) || readOptional(`/proc/${pid}/comm`).trim();
}

/** Whether somebody listens exactly there; unlike a connection this disturbs nobody. */
export function isListening(port: number, address: string): boolean {
  return parseListeners(readOptional("/proc/net/tcp")).some(
    (one) => one.port === port && one.address === address,
  );
}

/** The listening sockets of a /proc/net/tcp or tcp6 table; addresses there are hexadecimal, in host byte order. */
export function parseListeners(table: string): Listener[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listenState)
    .map((fields) => {
      const [address = "", port = ""] = (fields[1] ?? "").split(":");
      return { address: decodeAddress(address), port: Number.parseInt(port, 16), inode: fields[9] ?? "" };
    });
}

/** Whether something accepts connections there. */
export function answers(port: number, address = "127.0.0.1", timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: address, timeout: timeoutMs });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

function decodeAddress(hex: string): string {
  if (/^0+$/.test(hex)) return hex.length === 8 ? "0.0.0.0" : "::";
  const last = hex.slice(-8);
  const bytes = last.match(/../g) ?? [];
  const ipv4 = bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
  if (hex.length === 8) return ipv4;
  return hex.slice(0, 24) === "0000000000000000FFFF0000" ? ipv4 : `v6:${hex}`;
}

const isAny = (address: string) => address === "0.0.0.0" || address === "::";

function pidOfSocket(inode: string): number | undefined {
  const wanted = `socket:[${inode}]`;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (openFiles(pid).some((target) => target === wanted)) return Number(pid);
  }
  return undefined;
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    // Ended meanwhile, or not ours to look at.
    return [];
  }
}

function readOptional(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
