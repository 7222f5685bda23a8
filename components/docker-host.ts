import type Docker from "dockerode";

/**
 * The Docker API of a host given as in settings: `unix:///var/run/docker.sock`, `tcp://host:2375` or
 * `ssh://user@host`. Plain functions: dynamic providers are serialised with what they call.
 * @throws Error naming the address where it isn't one of these
 */
export function dockerHost(address: string): Docker {
  // Required here and not at the top: a serialised function can't carry an imported class.
  const Client: typeof Docker = require("dockerode");
  if (address.startsWith("unix://")) return new Client({ socketPath: address.slice("unix://".length) });
  const url = new URL(address);
  if (url.protocol === "tcp:") return new Client({ host: url.hostname, port: Number(url.port || 2375) });
  if (url.protocol === "ssh:") {
    const sshOptions = { agentForward: false, agent: process.env.SSH_AUTH_SOCK };
    return new Client({
      protocol: "ssh",
      host: url.hostname,
      port: Number(url.port || 22),
      username: url.username || "root",
      sshOptions,
    });
  }
  throw new Error(`Docker host "${address}": expected unix://, tcp:// or ssh://`);
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
  for await (const chunk of stream) chunks.push(chunk as Buffer);
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
