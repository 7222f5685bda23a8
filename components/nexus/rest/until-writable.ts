import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { dockerHost, lastLogLines } from "../../docker/docker-host";
import { messageOf } from "../../values/error-facts";
import { whatIsMissing } from "./writable";

/** A Nexus and the container that it runs in. */
export interface NexusPlace {
  /** Base address without a trailing slash. */
  readonly url: string;
  /** PEM of the authority of its certificate, where it has one of its own. */
  readonly ca?: string | undefined;
  readonly docker: string;
  readonly container: string;
  /** Seconds until Nexus must take writes. */
  readonly readyTimeout: number;
}

const POLL_MS = 500;
/** `docker restart` shows a container as stopped for a moment. */
const STOPPED_GRACE_MS = 5000;
/** A silent minute looks like a hang. */
const SAY_AFTER_MS = 5000;
const LOG_LINES = 20;

/**
 * Resolves once Nexus takes writes (`/v1/status/writable` is 200; needs no login).
 * @throws Error that says what is missing, with the container's last log lines: it is stopped, or after
 * `readyTimeout` still starting, read-only, or not reached from here
 */
export async function untilWritable(place: NexusPlace): Promise<void> {
  const container = dockerHost(place.docker).getContainer(place.container);
  const started = Date.now();
  const limit = place.readyTimeout * 1000;
  let ranAt = started;
  let told = false;
  for (;;) {
    const missing = await whatIsMissing(place);
    if (!missing) return;
    const state = await stateOf(container, place);
    const now = Date.now();
    if (state.Running) ranAt = now;
    if (now - ranAt > STOPPED_GRACE_MS) throw await failure(place, container, howItStopped(state));
    if (state.Running && now - started > limit) {
      const late = `is not ready after ${place.readyTimeout} s (limit: berth:nexus.readyTimeout): ${missing}`;
      throw await failure(place, container, late);
    }
    if (!told && now - started > SAY_AFTER_MS) {
      told = true;
      console.error(`Waiting up to ${place.readyTimeout} s for Nexus at ${place.url}: ${missing}.`);
    }
    await sleep(POLL_MS);
  }
}

type State = Docker.ContainerInspectInfo["State"];

/** @throws Error that names the container and the Docker host where it can't be told */
async function stateOf(container: Docker.Container, { docker }: NexusPlace): Promise<State> {
  try {
    return (await container.inspect()).State;
  } catch (error) {
    const where = `container ${container.id.slice(0, 12)} of Nexus on ${docker}`;
    throw new Error(`Looking at ${where} failed: ${messageOf(error).trim()}`);
  }
}

function howItStopped({ ExitCode, OOMKilled }: State): string {
  return `stopped with exit code ${ExitCode}${OOMKilled ? ", killed for lack of memory (berth:nexus.memory)" : ""}`;
}

async function failure({ container: id }: NexusPlace, container: Docker.Container, what: string) {
  const log = await lastLogLines(container, LOG_LINES);
  return new Error(`Nexus in container ${id.slice(0, 12)} ${what}. Its last log lines:\n${log}`);
}
