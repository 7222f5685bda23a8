import type { Container } from "dockerode";

/** Lines of a container's log that an error quotes. */
const TAIL_LINES = 20;

/** Everything that the container has written so far, or its last lines; standard output and error as they came. */
export async function containerLog(container: Container, tail?: number): Promise<string> {
  const options = {
    stdout: true,
    stderr: true,
    follow: false as const,
    ...(tail === undefined ? {} : { tail }),
  };
  return demultiplex(await container.logs(options));
}

/** The last lines for an error, or a word on their absence. */
export async function lastLines(container: Container): Promise<string> {
  try {
    const log = (await containerLog(container, TAIL_LINES)).trimEnd();
    return log === "" ? "it wrote no log" : `last lines of its log:\n${log}`;
  } catch (error) {
    // Some log drivers can't be read; the failure to report is another one.
    return `its log can't be read (${(error as Error).message})`;
  }
}

/** Docker's framing: stream (1 byte), three zeros, length (4 bytes, big endian), content. */
export function demultiplex(framed: Buffer): string {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset + 8 <= framed.length; ) {
    const length = framed.readUInt32BE(offset + 4);
    pieces.push(framed.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(pieces).toString();
}
