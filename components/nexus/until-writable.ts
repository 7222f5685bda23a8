import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { dockerHost, lastLogLines } from "../docker-host";
import { exchange } from "./exchange";

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
const POLL_TIMEOUT_MS = 5000;
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

/** What keeps Nexus from taking writes; undefined where nothing does. */
async function whatIsMissing(place: NexusPlace): Promise<string | undefined> {
  const writable = await ask(place, "/service/rest/v1/status/writable");
  if (!("status" in writable)) return `it is still starting, or not reached from here: ${writable.reason}`;
  if (writable.page) return `not Nexus but a web page answers at ${place.url} (${writable.status})`;
  if (writable.status === 200) return undefined;
  const alive = await ask(place, "/service/rest/v1/status");
  if (writable.status === 503 && "status" in alive && alive.status === 200)
    return "it is read-only: is a backup running? Else release it in its settings";
  return `it is still starting: its /status/writable answers ${writable.status}`;
}

function ask({ url, ca }: NexusPlace, path: string) {
  return exchange({ url, ca, username: "", password: "" }, "GET", path, undefined, POLL_TIMEOUT_MS);
}

type State = Docker.ContainerInspectInfo["State"];

/** @throws Error that names the container and the Docker host where it can't be told */
async function stateOf(container: Docker.Container, { docker }: NexusPlace): Promise<State> {
  try {
    return (await container.inspect()).State;
  } catch (error) {
    const where = `container ${container.id.slice(0, 12)} of Nexus on ${docker}`;
    throw new Error(`Looking at ${where} failed: ${(error as Error).message.trim()}`);
  }
}

function howItStopped({ ExitCode, OOMKilled }: State): string {
  return `stopped with exit code ${ExitCode}${OOMKilled ? ", killed for lack of memory (berth:nexus.memory)" : ""}`;
}

async function failure({ container: id }: NexusPlace, container: Docker.Container, what: string) {
  const log = await lastLogLines(container, LOG_LINES);
  return new Error(`Nexus in container ${id.slice(0, 12)} ${what}. Its last log lines:\n${log}`);
}
