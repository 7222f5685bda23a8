import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import Docker from "dockerode";
import { messageOf, SandboxError } from "../lib/sandbox-error";

export const standardSocket = "/var/run/docker.sock";

/**
 * On every container that the sandbox itself makes; the value is its home folder. Not on images: a container
 * inherits the labels of its image, and would be taken for the sandbox's own.
 */
export const sandboxLabel = "berth.sandbox";

const pingTimeoutMs = 5000;

export function dockerAt(socketPath: string): Docker {
  return new Docker({ socketPath });
}

/** Undefined where the daemon answers, else why it does not. */
export async function whyNoAnswer(socketPath: string): Promise<string | undefined> {
  if (!existsSync(socketPath)) return `${socketPath} does not exist`;
  try {
    await new Docker({ socketPath, timeout: pingTimeoutMs }).ping();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The local socket that DOCKER_HOST names, else the standard one. A Docker elsewhere cannot serve the sandbox. */
export function chosenSocket(dockerHost = process.env.DOCKER_HOST): string {
  if (!dockerHost) return standardSocket;
  if (dockerHost.startsWith("unix://")) return dockerHost.slice("unix://".length);
  throw new SandboxError(
    `DOCKER_HOST names ${dockerHost}: the sandbox needs a Docker on this machine, reached by a unix socket; ` +
      "unset DOCKER_HOST and try again",
    2,
  );
}

/** Follows a pull, push or import to its end. Docker reports failures inside the stream. */
export function followStream(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  onEvent: (event: StreamEvent) => void = () => undefined,
): Promise<StreamEvent[]> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, events: StreamEvent[]) => {
      const failed = events?.find((event) => event.error !== undefined);
      // Where Docker ends in the middle of its answer the stream just closes.
      const isCut = (stream as Partial<IncomingMessage>).complete === false;
      if (error) reject(error);
      else if (isCut) reject(new SandboxError("Docker ended the connection before it was done"));
      else if (failed) reject(new SandboxError(failed.error ?? ""));
      else resolve(events);
    };
    docker.modem.followProgress(stream, done, onEvent);
  });
}

/** One line of such a stream; `aux` at the end of a push holds the digest. */
export interface StreamEvent {
  status?: string;
  id?: string;
  progress?: string;
  error?: string;
  aux?: { Digest?: string; Tag?: string; Size?: number };
}

/** What `inspect` tells of an image, undefined where Docker does not have it. */
export async function imageIfAny(docker: Docker, name: string): Promise<Docker.ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(name).inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
