import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { messageOf } from "../values/error-facts";
import { certificatesOf, usualPort } from "./docker-address";
import { explained } from "./docker-errors";
import { SshAgent } from "./docker-ssh";

/** One for each address: its connections are used again. */
const sshAgents = new Map<string, SshAgent>();

/**
 * The Docker API of a host given as in settings: `unix:///var/run/docker.sock`, `ssh://user@host`, or `tcp://host:2376`
 * with `?certificates=FOLDER`, the folder with ca.pem, cert.pem and key.pem; without it tcp is plain http. Calls that fail
 * before Docker answers say where and what to do.
 * @throws Error naming the address where it isn't one of these, or a file that can't be read
 */
export function dockerHost(address: string): Docker {
  // Loaded with its first use: most processes that import this file never ask a Docker.
  const Client: typeof Docker = require("dockerode");
  const options = clientOptions(address);
  const docker = withoutDockerVariables(() => new Client(options));
  const modem = docker.modem as Dials;
  const dial = modem.dial.bind(modem);
  modem.dial = (options, done) =>
    dial(options, (error, data) => done(error && explained(error, address), data));
  return docker;
}

/** The same as arguments of a docker.Provider, which knows no usual port. */
export function providerArgs(address: string): { host: string; certPath?: string } {
  const { folder, bare } = certificatesOf(address);
  const host = /^tcp:/.test(bare) && new URL(bare).port === "" ? `${bare}:${usualPort(folder)}` : bare;
  return folder === undefined ? { host } : { host, certPath: folder };
}

/** By these dockerode completes the options that it is given, and fails where they name what isn't there. */
const VARIABLES = [
  ...["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"],
  ...["DOCKER_PATH_PREFIX", "DOCKER_CLIENT_TIMEOUT"],
] as const;

/** Where an address comes from is for its caller to say: the environment speaks for the builder alone (builder-address.ts). */
function withoutDockerVariables<T>(make: () => T): T {
  const kept = VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of VARIABLES) delete process.env[name];
  try {
    return make();
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
  }
}

/** What every call of the client goes through. */
interface Dials {
  dial(options: unknown, done: (error: Error | null, data?: unknown) => void): void;
}

function clientOptions(address: string): Docker.DockerOptions & { agent?: SshAgent } {
  if (address.startsWith("unix://")) return { protocol: "http", socketPath: address.slice("unix://".length) };
  const { folder, bare } = certificatesOf(address);
  const url = new URL(bare);
  if (url.protocol === "ssh:") return { protocol: "http", host: "docker", agent: sshAgent(url) };
  if (url.protocol !== "tcp:")
    throw new Error(`Docker host "${address}": expected unix://, tcp:// or ssh://`);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || usualPort(folder));
  if (folder === undefined) return { protocol: "http", host, port };
  return { protocol: "https", host, port, ...certificates(folder, address) };
}

/** As docker's own DOCKER_CERT_PATH has them. */
function certificates(folder: string, address: string) {
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      throw new Error(`Docker at ${address}: its certificates can't be read: ${messageOf(error)}`);
    }
  };
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

function sshAgent(url: URL): SshAgent {
  const known = sshAgents.get(url.href) ?? new SshAgent(url);
  sshAgents.set(url.href, known);
  return known;
}

/** Runs a command in a container and returns its exit code and what it printed (both streams, in order). */
export async function execIn(
  container: Docker.Container,
  command: string[],
  env: string[] = [],
): Promise<{ exitCode: number; output: string }> {
  const exec = await container.exec({ Cmd: command, Env: env, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  const { ExitCode } = await exec.inspect();
  return { exitCode: ExitCode ?? -1, output: unframe(Buffer.concat(chunks)) };
}

/** The last lines that a container wrote, for an error message. */
export async function lastLogLines(container: Docker.Container, lines: number): Promise<string> {
  const logs = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false });
  return unframe(logs).trimEnd();
}

/** Takes Docker's stream frames apart: 8 bytes of header (stream, 0, 0, 0, length big-endian), then the text. */
export function unframe(raw: Buffer): string {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 8 <= raw.length) {
    if (raw[at]! > 2 || raw[at + 1] !== 0) return raw.toString(); // a terminal's stream has no frames
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString();
}
