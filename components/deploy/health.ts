import type Docker from "dockerode";
import { execIn, lastLogLines } from "../docker-host";
import { hideSecrets, secretsIn } from "./secret-text";

/** Milliseconds between two looks at a starting container: soon at first, then less often, as a look costs the app. */
const FIRST_LOOK_MS = 250;
const LAST_LOOK_MS = 2000;
/** A container that was restarted this often by itself won't get better (Docker waits 0.1, 0.2, 0.4, … s in between). */
const RESTARTS = 5;
/** Docker's own, for a check that names none. */
const CHECK_TIMEOUT_MS = 30_000;
const LOG_LINES = 50;

/** Why a container can't have the traffic. */
export interface Unfit {
  readonly why: string;
  /** What its health check last said, and its last log lines, without secrets. */
  readonly said: string;
  readonly log: string;
}

/** What the typings of dockerode leave out of an inspection. */
type Found = Docker.ContainerInspectInfo & { readonly Config: { readonly Shell?: string[] } };

export interface HealthLimit {
  readonly seconds: number;
  /** True where another container has failed already: this one needn't be waited for any longer. */
  readonly over: () => boolean;
}

/**
 * Waits for the image's own health check; an image without one counts as healthy when it runs. Docker runs the check for
 * the first time after a whole interval (30 s unless the image says otherwise), so that the same check is run here too,
 * from the start on; one success is enough, for Docker as well. What fails here tells nothing yet, what Docker calls
 * unhealthy does.
 * @returns undefined once it is healthy, or why it isn't
 */
export async function untilHealthy(
  container: Docker.Container,
  limit: HealthLimit,
): Promise<Unfit | undefined> {
  const deadline = Date.now() + limit.seconds * 1000;
  let said: string | undefined;
  for (let look = FIRST_LOOK_MS; ; look = Math.min(look * 1.3, LAST_LOOK_MS)) {
    const found = (await container.inspect()) as Found;
    const health = healthOf(found);
    if (health === "healthy") return undefined;
    const checked = health === "starting" ? await check(container, found) : undefined;
    if (checked?.passed) return undefined;
    said = found.State.Health?.Log?.at(-1)?.Output?.trim() || checked?.said || said;
    const late = Date.now() > deadline;
    if (health !== "starting" || late || limit.over()) {
      const why = health === "starting" ? "is not healthy" : health;
      return unfit(container, late ? `${why} after ${limit.seconds} s` : why, said);
    }
    await new Promise((resolve) => setTimeout(resolve, look));
  }
}

/** `healthy`, `starting`, or why it never will be. */
function healthOf({ State, RestartCount }: Found): string {
  if (RestartCount >= RESTARTS)
    return `stopped ${RestartCount} times, the last time with exit code ${State.ExitCode}`;
  if (State.Restarting) return "starting";
  if (!State.Running)
    return `stopped with exit code ${State.ExitCode}${State.OOMKilled ? " (out of memory)" : ""}`;
  const status = State.Health?.Status ?? "none";
  if (status === "none") return "healthy";
  return status === "unhealthy" ? "is not healthy" : status;
}

/** Runs the container's own check in it, as Docker does. */
async function check(container: Docker.Container, { Config, State }: Found) {
  const [kind, ...words] = Config?.Healthcheck?.Test ?? [];
  if (State.Restarting || (kind !== "CMD" && kind !== "CMD-SHELL")) return undefined;
  const command = kind === "CMD" ? words : [...(Config.Shell ?? ["/bin/sh", "-c"]), ...words];
  const timeout = (Config.Healthcheck?.Timeout ?? 0) / 1e6 || CHECK_TIMEOUT_MS;
  const ran = await Promise.race([execIn(container, command).catch(() => undefined), after(timeout)]);
  return ran && { passed: ran.exitCode === 0, said: ran.output.trim() };
}

function after(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds).unref());
}

async function unfit(container: Docker.Container, why: string, said: string | undefined): Promise<Unfit> {
  const secrets = await secretsIn(container);
  if (!secrets) {
    const hidden = "(not shown: it might hold secrets, which could not be read to leave them out)";
    return { why, said: hidden, log: hidden };
  }
  const log = await lastLogLines(container, LOG_LINES);
  return { why, said: hideSecrets(said ?? "nothing", secrets), log: hideSecrets(log, secrets) };
}
