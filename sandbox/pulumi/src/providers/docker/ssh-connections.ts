import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";

/** Of ssh's words, what an error quotes at most. */
const SAID_CHARACTERS = 2000;

/** How the plugin calls ssh for `ssh://user@host:port/path`: as Docker's own client does (cli/connhelper). */
export function sshArguments(host: string, options: readonly string[]): string[] {
  const { username, hostname, port, pathname } = new URL(host);
  const socket = pathname === "" || pathname === "/" ? [] : ["--host", `unix://${pathname}`];
  return [
    ...options,
    ...(username === "" ? [] : ["-l", decodeURIComponent(username)]),
    ...(port === "" ? [] : ["-p", port]),
    ...["-o", "ConnectTimeout=30", "-T", "--", hostname],
    ...["docker", ...socket, "system", "dial-stdio"],
  ];
}

/** An agent of node:http whose connections are the input and output of a `docker system dial-stdio` behind ssh. */
export class SshConnections extends Agent {
  constructor(
    private readonly host: string,
    private readonly options: readonly string[],
  ) {
    super({ keepAlive: true });
  }

  override createConnection(): Duplex {
    return connectionOf(spawn("ssh", sshArguments(this.host, this.options)), this.host);
  }
}

function connectionOf(child: ChildProcessWithoutNullStreams, host: string): Duplex {
  const connection = new Duplex({
    read: () => child.stdout.resume(),
    write: (chunk, _encoding, done) => child.stdin.write(chunk, () => done()),
    final: (done) => child.stdin.end(done),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  let said = "";
  // What went wrong is known when ssh has ended, not when it stops to listen.
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk) => connection.push(chunk) || child.stdout.pause());
  child.stderr.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-SAID_CHARACTERS);
  });
  const fail = (why: string) => connection.destroy(new Error(`ssh to ${host} ${why}`));
  child.once("error", ({ message }) => fail(`can't be started: ${message}`));
  child.once("close", (code) =>
    code === 0 ? connection.push(null) : fail(`ended with ${code}: ${said.trim() || "it said nothing"}`),
  );
  // What an agent and a request call on a socket.
  const none = () => connection;
  return Object.assign(connection, {
    setTimeout: none,
    setNoDelay: none,
    setKeepAlive: none,
    ref: none,
    unref: none,
  });
}
