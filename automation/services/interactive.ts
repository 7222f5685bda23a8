import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { asTheApp } from "../../components/deploy/secret-env/secret-env";
import { dockerHost } from "../../components/docker/docker-host";
import { messageOf } from "../../components/values/error-facts";
import { CommandError } from "../terminal/exit";

/** Standard streams of a process, or a test's. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly output: NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };
  readonly errors: NodeJS.WritableStream;
}

export interface InteractiveArgs {
  readonly service: string;
  readonly docker: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly terminal: Terminal;
}

/**
 * Runs a command in a container with this process's input and output. With a terminal on both ends the container's side
 * has one too, of the same size, also after a resize. Without one the two output streams stay apart.
 * @returns the command's exit code
 */
export async function runInteractively(args: InteractiveArgs): Promise<number> {
  const docker = dockerHost(args.docker);
  const Tty = isTerminal(args.terminal);
  const Env = Tty && process.env["TERM"] ? [`TERM=${process.env["TERM"]}`] : [];
  const attach = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty };
  try {
    const container = docker.getContainer(args.container);
    const { Config } = await container.inspect();
    const exec = await container.exec({ Cmd: asTheApp(Config.Entrypoint, args.command), Env, ...attach });
    const stream = await exec.start({ hijack: true, stdin: true, Tty });
    const resize = (size: TerminalSize) => exec.resize(size);
    await (Tty ? overTerminal(resize, stream, args.terminal) : overStreams(docker, stream, args.terminal));
    const { ExitCode } = await exec.inspect();
    return ExitCode ?? 1;
  } catch (error) {
    throw new CommandError(
      `${args.service}: could not run ${args.command[0]} in its container on ${args.docker}: ${messageOf(error)}`,
    );
  }
}

/** Whether a person sits at both ends. */
export function isTerminal({ input, output }: Terminal): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** Columns and rows, in Docker's words. */
interface TerminalSize {
  readonly w: number;
  readonly h: number;
}

/** Until the command ends. @param setSize gives its terminal the size of ours */
export async function overTerminal(
  setSize: (size: TerminalSize) => Promise<unknown>,
  stream: Duplex,
  terminal: Terminal,
): Promise<void> {
  const { input, output } = terminal;
  const resize = () => {
    const { columns: w = 80, rows: h = 24 } = output;
    // Lost where the command has ended in between, which its stream tells.
    setSize({ w, h }).catch(() => undefined);
  };
  output.on("resize", resize);
  input.setRawMode?.(true); // every key is the container's, Ctrl-C too
  try {
    resize();
    stream.pipe(output, { end: false });
    input.pipe(stream);
    await ended(stream);
  } finally {
    input.setRawMode?.(false);
    output.removeListener("resize", resize);
    release(input, stream);
  }
}

/** Until the command ends, its two outputs apart. */
export async function overStreams(docker: Docker, stream: Duplex, terminal: Terminal): Promise<void> {
  const { input, output, errors } = terminal;
  docker.modem.demuxStream(stream, output, errors);
  if (input.isTTY)
    stream.end(); // a person's keyboard is nothing that a command without a terminal waits for
  else input.pipe(stream);
  await ended(stream);
  release(input, stream);
}

function ended(stream: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("end", resolve);
    stream.once("close", resolve);
    stream.once("error", reject);
  });
}

/** An input that goes on must not keep the process alive. */
function release(input: Terminal["input"], stream: Duplex): void {
  input.unpipe(stream);
  input.pause();
  (input as { unref?(): void }).unref?.();
  stream.destroy();
}
