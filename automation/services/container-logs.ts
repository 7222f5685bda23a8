import { Readable, type Writable } from "node:stream";
import type Docker from "dockerode";
import { secretHider } from "../../components/deploy/secret-text";
import { dockerHost } from "../../components/docker/docker-host";
import { CommandError } from "../terminal/exit";
import { knownSecrets } from "../terminal/known-secrets";
import { Lines } from "./lines";
import { notShown, type StackSecrets } from "./stack-secrets";

export interface LogLine {
  readonly service: string;
  readonly stream: "stdout" | "stderr";
  /** As Docker noted it: RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly text: string;
}

export interface LogsArgs {
  readonly service: string;
  readonly docker: string;
  readonly container: string;
  readonly follow: boolean;
  /** How many of the last lines; undefined: all. */
  readonly tail: number | undefined;
  /** The first and the last second of what is shown, since 1970. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Which lines are shown, secrets already taken out of them: nobody learns one by looking for it. */
  readonly grep?: RegExp | undefined;
  /** Those that are left out; without them the log is shown as it is, secrets and all. */
  readonly secrets: StackSecrets | undefined;
}

/**
 * A container's log line by line, in the order in which it was written, without the secrets of its stack, of its secret files and
 * of the environment; ends with the log, which `follow` keeps open.
 * @throws CommandError before the first line where the secrets can't be read to leave them out
 */
export async function containerLogs(args: LogsArgs, onLine: (line: LogLine) => void): Promise<void> {
  const docker = dockerHost(args.docker);
  const container = docker.getContainer(args.container);
  const scrub = await scrubber(container, args);
  const { since, until, tail, grep } = args;
  const span = {
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(tail !== undefined && { tail }),
  };
  const options = { stdout: true, stderr: true, timestamps: true, ...span } as const;
  const lines = (["stdout", "stderr"] as const).map(
    (stream) =>
      new Lines((line) => {
        const told = { service: args.service, stream, ...timed(scrub(line)) };
        if (grep?.test(told.text) ?? true) onLine(told);
      }),
  );
  const source = args.follow
    ? await container.logs({ ...options, follow: true })
    : Readable.from([await container.logs({ ...options, follow: false })]);
  const [out, err] = lines.map(messages);
  docker.modem.demuxStream(source, out as unknown as Writable, err as unknown as Writable);
  await new Promise<void>((resolve, reject) => {
    source.once("end", resolve);
    source.once("close", resolve);
    source.once("error", reject);
  });
  for (const each of lines) each.end();
}

async function scrubber(
  container: Docker.Container,
  { secrets, service }: LogsArgs,
): Promise<(text: string) => string> {
  if (!secrets) return (text) => text;
  const [problem, hide] = await Promise.all([secrets.known(), secretHider(container)]);
  const { stack } = secrets;
  if (problem !== undefined) throw new CommandError(notShown("its log is", problem, { stack, service }));
  if (!hide)
    throw new CommandError(
      "its log is not shown: its secret files could not be read to leave their values out. Next, to see it as it is: " +
        `berth logs ${service} --stack ${stack} --show-secrets`,
    );
  return (text) => knownSecrets.scrub(hide(text));
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z /;

/**
 * Docker cuts a line into messages of 16 KiB and puts the time before each: in the middle of the line, and of a secret there. Only
 * the first one's is the line's.
 */
function messages(lines: Lines): { write(message: Buffer): void } {
  let isWithinLine = false;
  return {
    write: (message) => {
      const time = isWithinLine ? (TIME.exec(message.toString("latin1", 0, 40))?.[0] ?? "") : "";
      isWithinLine = message.at(-1) !== 0x0a;
      lines.add(message.subarray(time.length));
    },
  };
}

/** Docker puts the time and a space before each line. */
function timed(line: string): { time: string; text: string } {
  const space = line.indexOf(" ");
  return { time: line.slice(0, space), text: line.slice(space + 1) };
}
