import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Agent, type AgentOptions } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

const CONNECT_SECONDS = 20;

/**
 * Connections to a Docker behind `ssh://user@host:port`, made by the system's own ssh as the docker command makes them:
 * known hosts are checked, and keys, agent, jump hosts and names are those of ~/.ssh/config. It never asks for a password.
 */
export class SshAgent extends Agent {
  constructor(private readonly url: URL) {
    super({ keepAlive: true, maxSockets: 8 });
  }

  /** Of node:http's Agent; what it has to give is a duplex stream with the methods of a socket that an agent calls. */
  override createConnection(_options: AgentOptions): Duplex {
    const { username, hostname, port, href } = this.url;
    const args = ["-o", "BatchMode=yes", "-o", `ConnectTimeout=${CONNECT_SECONDS}`, "-T"];
    if (username) args.push("-l", decodeURIComponent(username));
    if (port) args.push("-p", port);
    const child = spawn("ssh", [...args, "--", hostname, "docker", "system", "dial-stdio"]);
    return asSocket(child, href);
  }
}

/** Ends when ssh has ended and not with its output: only then is it known why. */
function asSocket(child: ChildProcessWithoutNullStreams, address: string): Duplex {
  const socket = new Duplex({
    read: () => child.stdout.resume(),
    // That ssh no longer listens is told by its end.
    write: (chunk, _encoding, done) => child.stdin.write(chunk, () => done()),
    final: (done) => child.stdin.end(done),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  let said = "";
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk) => {
    if (!socket.push(chunk)) child.stdout.pause();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + String(chunk)).slice(-2000);
  });
  const fail = (why: string) => socket.destroy(new Error(`ssh to ${address} ${why}`));
  child.once("error", ({ message }) => fail(`could not be started: ${message}`));
  child.once("close", (code) => {
    if (code === 0) socket.push(null);
    else fail(`ended with exit code ${code}: ${said.trim() || "it said nothing"}`);
  });
  return withSocketMethods(socket, child);
}

/** A connection that waits for its next request doesn't keep the process alive. */
function withSocketMethods(socket: Duplex, child: ChildProcessWithoutNullStreams): Duplex {
  const parts = [child, child.stdin as Socket, child.stdout as Socket, child.stderr as Socket];
  const none = () => socket;
  return Object.assign(socket, {
    setTimeout: none,
    setNoDelay: none,
    setKeepAlive: none,
    ref: () => parts.map((part) => part.ref()) && socket,
    unref: () => parts.map((part) => part.unref()) && socket,
  });
}
