import { Readable, type Writable } from "node:stream";
import { secretHider } from "../../components/deploy/secret-text";
import { dockerHost } from "../../components/docker-host";
import { knownSecrets } from "../known-secrets";
import { Lines } from "./lines";

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
  /** How many of the last lines. */
  readonly tail: number;
}

/**
 * A container's log line by line, in the order in which it was written, without the values of its secret files and what the
 * environment has of secrets; ends with the log, which `follow` keeps open.
 */
export async function containerLogs(args: LogsArgs, onLine: (line: LogLine) => void): Promise<void> {
  const docker = dockerHost(args.docker);
  const container = docker.getContainer(args.container);
  const hide = await secretHider(container);
  if (!hide) throw new Error("its secrets could not be read to leave them out; on its host: docker logs");
  const options = { stdout: true, stderr: true, timestamps: true, tail: args.tail } as const;
  const lines = (["stdout", "stderr"] as const).map(
    (stream) =>
      new Lines((line) =>
        onLine({ service: args.service, stream, ...timed(knownSecrets.scrub(hide(line))) }),
      ),
  );
  const source = args.follow
    ? await container.logs({ ...options, follow: true })
    : Readable.from([await container.logs({ ...options, follow: false })]);
  const [out, err] = lines.map((of) => ({ write: (chunk: Buffer) => of.add(chunk) }));
  docker.modem.demuxStream(source, out as unknown as Writable, err as unknown as Writable);
  await new Promise<void>((resolve, reject) => {
    source.once("end", resolve);
    source.once("close", resolve);
    source.once("error", reject);
  });
  for (const each of lines) each.end();
}

/** Docker puts the time and a space before each line. */
function timed(line: string): { time: string; text: string } {
  const space = line.indexOf(" ");
  return { time: line.slice(0, space), text: line.slice(space + 1) };
}
