import { randomBytes } from "node:crypto";
import { type Duplex, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { RESOURCE_LABEL, RUN_LABEL } from "../../components/base/stack-identity";
import { dockerHost } from "../../components/docker/docker-host";
import { messageOf, statusOf } from "../../components/values/error-facts";
import { CommandError, Exit } from "../terminal/exit";
import { stopOnSignals } from "../terminal/stop-signals";
import { isTerminal, overStreams, overTerminal, type Terminal } from "./interactive";

export interface OneOffArgs {
  /** As people name it. */
  readonly service: string;
  readonly app: string;
  readonly server: string;
  readonly docker: string;
  /** The container of the running release, which is only looked at. */
  readonly like: string;
  readonly command: readonly string[];
  readonly terminal: Terminal;
}

/**
 * Runs a command in a container of its own that has all that the running release's has: image, environment, secrets, volumes,
 * network, user and limits. It gets no traffic, publishes nothing and is gone when the command ends, whoever lives to see that.
 * Ctrl-C stops it (with a terminal it is the command's own).
 * @returns the command's exit code
 */
export async function runOneOff(args: OneOffArgs): Promise<number> {
  const docker = dockerHost(args.docker);
  const stop = stopOnSignals((signal) => `stopped by ${signal}`);
  const name = `${resourceOf(args)}-${randomBytes(4).toString("hex").slice(1)}`;
  let container: Docker.Container | undefined;
  try {
    const running = await docker.getContainer(args.like).inspect();
    container = await docker.createContainer(madeLike(running, { ...args, name }));
    stop.signal.throwIfAborted();
    return await runToEnd(docker, container, args, stop.signal);
  } catch (error) {
    if (error === stop.signal.reason)
      throw new CommandError(
        `${args.service}: ${messageOf(error)}; ${name} is stopped and gone.`,
        Exit.interrupted,
      );
    throw new CommandError(
      `${args.service}: ${args.command[0]} in ${name} on ${args.docker}: ${messageOf(error)}`,
    );
  } finally {
    await remove(container, name, args);
    stop.release();
  }
}

async function runToEnd(
  docker: Docker,
  container: Docker.Container,
  { terminal }: OneOffArgs,
  signal: AbortSignal,
): Promise<number> {
  const ways = { stream: true, stdin: true, stdout: true, stderr: true };
  const stream = (await container.attach({ ...ways, hijack: true })) as Duplex; // hijacked, it is a socket
  try {
    const removal = await waitForRemoval(docker, container);
    await container.start();
    // By its own stop signal, and its drainTimeout.
    const stop = () => void container.stop().catch(() => undefined);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    const resize = (size: { w: number; h: number }) => container.resize(size);
    await (isTerminal(terminal)
      ? overTerminal(resize, stream, terminal)
      : overStreams(docker, stream, terminal));
    const code = await exitCodeOf(removal);
    signal.throwIfAborted();
    return code;
  } finally {
    stream.destroy();
  }
}

/**
 * Docker answers at once with the head of its answer, and with the rest when the container is gone. It is asked before the start: one
 * that ends at once is gone before it could be asked.
 */
function waitForRemoval(docker: Docker, { id }: Docker.Container): Promise<Readable> {
  const call = {
    path: `/containers/${id}/wait?`, // the client completes it
    options: { _query: { condition: "removed" }, _body: {} },
    method: "POST",
    isStream: true,
    statusCodes: { 200: true, 400: "bad parameter", 404: "no such container", 500: "server error" },
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(call, (error, answer) =>
      answer instanceof Readable ? resolve(answer) : reject(error),
    );
  });
}

async function exitCodeOf(removal: Readable): Promise<number> {
  const { StatusCode, Error: problem } = JSON.parse(await text(removal));
  if (problem) throw new Error(problem.Message);
  return StatusCode;
}

type Named = Pick<OneOffArgs, "app" | "server">;

function resourceOf({ app, server }: Named): string {
  return `${app}-${server}-run`;
}

/** Whatever the running one was made with; nothing of what only one that serves has. */
export function madeLike(
  { Config, HostConfig, NetworkSettings }: Docker.ContainerInspectInfo,
  { name, command, terminal, ...named }: Named & Pick<OneOffArgs, "command" | "terminal"> & { name: string },
): Docker.ContainerCreateOptions {
  const Tty = isTerminal(terminal);
  const [network] = Object.keys(NetworkSettings.Networks);
  const attached = {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
  };
  const { Image, Env, User, WorkingDir, Entrypoint, StopSignal, StopTimeout } = Config as ContainerConfig;
  return {
    name,
    Image,
    Cmd: [...command],
    Env: [...(Env ?? []), ...(Tty && process.env["TERM"] ? [`TERM=${process.env["TERM"]}`] : [])],
    User,
    WorkingDir,
    ...(Entrypoint && { Entrypoint }),
    ...(StopSignal && { StopSignal }),
    ...(StopTimeout !== undefined && { StopTimeout }),
    ...attached,
    Tty,
    Healthcheck: { Test: ["NONE"] },
    Labels: { ...Config.Labels, [RESOURCE_LABEL]: resourceOf(named), [RUN_LABEL]: named.server },
    HostConfig: {
      ...HostConfig,
      ...(network !== undefined && { NetworkMode: network }),
      PortBindings: {},
      RestartPolicy: { Name: "no" },
      AutoRemove: true,
      ...(Tty && { ConsoleSize: [terminal.output.rows ?? 24, terminal.output.columns ?? 80] }),
    },
  };
}

/** With what the client's types leave out. */
type ContainerConfig = Docker.ContainerInspectInfo["Config"] & {
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
};

/** Docker removes it by itself once it has begun. */
async function remove(
  container: Docker.Container | undefined,
  name: string,
  args: OneOffArgs,
): Promise<void> {
  try {
    await container?.remove({ force: true, v: true });
  } catch (error) {
    if ([404, 409].includes(statusOf(error) ?? 0)) return;
    throw new CommandError(
      `${args.service}: ${name} may be left on ${args.docker}: ${messageOf(error)}. Next: docker rm -f ${name} there`,
    );
  }
}
