import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { execIn, lastLogLines } from "../docker/docker-host";
import type { HealthSettings } from "../settings/health-settings";
import { type Asked, httpAnswer, portProblem, type Question } from "./ask-from-edge";
import { asTheApp } from "./secret-env/secret-env";
import { NOT_SHOWN, secretHider } from "./secret-text";
import { startFailure } from "./start-failure";

/** Milliseconds between two looks at a starting container: soon at first, then less often, as a look costs the app. */
const FIRST_LOOK_MS = 250;
const LAST_LOOK_MS = 2000;
/** A container that was restarted this often by itself won't get better (Docker waits 0.1, 0.2, 0.4, … s in between). */
const RESTARTS = 5;
/** Docker's own, for a check that names none. */
const CHECK_TIMEOUT_MS = 30_000;
/** Seconds that a port has to take a connection. */
const PORT_SECONDS = 2;
/** A program that lacks a module or a setting shows it after one or two. */
export const STEADY_SECONDS = 5;
const LOG_LINES = 50;

/** Why a container can't have the traffic. */
export interface Unfit {
  readonly why: string;
  /** What is known of the cause, and what to do about it. */
  readonly reason?: string | undefined;
  /** A sentence with what its health check last said, and its last log lines, without secrets. */
  readonly said: string;
  readonly log: string;
}

/** How a container is to show that it is healthy. */
export interface HealthWish {
  /** The check of the settings. @default the image's own; where it has none, its port */
  readonly check?: HealthSettings | undefined;
  /** Where it is asked from. Absent: it serves nobody by itself, and is healthy when it goes on running. */
  readonly asked?: Asked & Omit<Question, "path">;
  /** Waits for Docker's own run of the image's check, too, so that a list of what runs says the same afterwards. @default false */
  readonly listed?: boolean;
}

export interface HealthLimit {
  readonly seconds: number;
  /** True where another container has failed already: this one needn't be waited for any longer. */
  readonly over?: () => boolean;
  /** Seconds that a container without a check has to run and take connections. @default STEADY_SECONDS */
  readonly steady?: number;
}

/** What the typings of dockerode leave out of an inspection. */
type Found = Docker.ContainerInspectInfo & { readonly Config: { readonly Shell?: string[] } };

/** What one look tells: `steady` is healthy if it stays so, `passing` is and only isn't listed so, `lost` never will be. */
interface Look {
  readonly state: "healthy" | "steady" | "passing" | "starting" | "lost";
  /** A sentence. */
  readonly said?: string | undefined;
  /** How it was lost. */
  readonly why?: string;
}

/**
 * Waits for the check of the settings, else for the image's own: Docker runs that for the first time after a whole interval (30 s
 * unless the image says otherwise), so that the same check is run here too, from the start on; one success is enough, for Docker
 * as well. What fails here tells nothing yet, what Docker calls unhealthy does. A container without any check has to take
 * connections, and to go on doing so for some seconds without a restart.
 * @param id of the container, or its name
 * @returns undefined once it is healthy, or why it isn't
 */
export async function untilHealthy(
  docker: Docker,
  id: string,
  wish: HealthWish,
  limit: HealthLimit,
): Promise<Unfit | undefined> {
  const container = docker.getContainer(id);
  const times = wish.check === "none" ? undefined : wish.check;
  if (times?.start) await sleep(times.start * 1000);
  const deadline = Date.now() + limit.seconds * 1000;
  const steady = new Steadiness(limit.steady ?? STEADY_SECONDS);
  let said: string | undefined;
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.3, LAST_LOOK_MS)) {
    const found = (await container.inspect()) as Found;
    const look = await lookAt(container, found, wish);
    const [over, past] = [limit.over?.() ?? false, Date.now() > deadline];
    if (look.state === "healthy" || steady.isLongEnough(look, found)) return undefined;
    if ((look.state === "steady" && over) || (look.state === "passing" && past)) return undefined;
    said = look.said ?? said;
    const late = past && look.state !== "steady";
    if (look.state === "lost" || late || over) {
      const why = look.why ?? "is not healthy";
      return unfit(docker, container, { why: late ? `${why} after ${limit.seconds} s` : why, said });
    }
    await sleep(times?.interval ? times.interval * 1000 : pause);
  }
}

/** Since when a container has run and answered without a break. */
class Steadiness {
  private run: string | undefined;
  private since = 0;

  constructor(private readonly seconds: number) {}

  isLongEnough({ state }: Look, { State, RestartCount }: Found): boolean {
    const run = state === "steady" ? `${State.StartedAt} ${RestartCount}` : undefined;
    if (run !== this.run) this.since = Date.now();
    this.run = run;
    return run !== undefined && Date.now() - this.since >= this.seconds * 1000;
  }
}

async function lookAt(container: Docker.Container, found: Found, wish: HealthWish): Promise<Look> {
  const { State, RestartCount } = found;
  const { check, asked } = wish;
  if (State.Restarting && RestartCount >= RESTARTS)
    return {
      state: "lost",
      why: `stopped ${RestartCount} times, the last time with exit code ${State.ExitCode}`,
    };
  if (State.Restarting) return { state: "starting" };
  if (!State.Running) {
    const memory = State.OOMKilled ? " (out of memory)" : "";
    return { state: "lost", why: `stopped with exit code ${State.ExitCode}${memory}` };
  }
  if (check !== undefined && check !== "none") return bySettings(container, found, check, asked);
  if (check === undefined && (State.Health?.Status ?? "none") !== "none")
    return byImage(container, found, wish);
  return asked === undefined ? { state: "steady" } : byPort(asked);
}

const lastSaid = (what: string | undefined) => `Its health check last said: ${what || "nothing"}`;

async function bySettings(
  container: Docker.Container,
  { Config }: Found,
  check: Exclude<HealthSettings, "none">,
  asked: HealthWish["asked"],
): Promise<Look> {
  if ("command" in check) {
    const ran = await run(container, asTheApp(Config?.Entrypoint, check.command), check.timeout * 1000);
    return { state: ran?.passed ? "healthy" : "starting", said: lastSaid(ran?.said) };
  }
  if (asked === undefined) return { state: "steady" };
  const { path, port = asked.port, timeout } = check;
  const { status = 0, said } = await httpAnswer({ ...asked, port }, { ...asked, path }, timeout);
  const fits = status >= 200 && status < 400;
  return {
    state: fits ? "healthy" : "starting",
    said: `Asked for ${path} on port ${port}, from the edge proxy's network, it last said: ${said}`,
  };
}

async function byImage(
  container: Docker.Container,
  found: Found,
  { listed = false }: HealthWish,
): Promise<Look> {
  const { Health } = found.State;
  if (Health?.Status === "healthy") return { state: "healthy" };
  const checked = Health?.Status === "starting" ? await imageCheck(container, found) : undefined;
  if (checked?.passed) return { state: listed ? "passing" : "healthy" };
  const said = Health?.Log?.at(-1)?.Output?.trim() || checked?.said;
  const look = said === undefined ? {} : { said: lastSaid(said) };
  return Health?.Status === "starting"
    ? { state: "starting", ...look }
    : { state: "lost", why: NOT_HEALTHY, ...look };
}

const NOT_HEALTHY = "is not healthy";

/** Runs the image's own check in the container, as Docker does. */
async function imageCheck(container: Docker.Container, { Config }: Found) {
  const [kind, ...words] = Config?.Healthcheck?.Test ?? [];
  if (kind !== "CMD" && kind !== "CMD-SHELL") return undefined;
  const command = kind === "CMD" ? words : [...(Config.Shell ?? ["/bin/sh", "-c"]), ...words];
  return run(container, command, (Config.Healthcheck?.Timeout ?? 0) / 1e6 || CHECK_TIMEOUT_MS);
}

async function run(container: Docker.Container, command: readonly string[], timeout: number) {
  const late = sleep(timeout, undefined, { ref: false });
  const ran = await Promise.race([execIn(container, [...command]).catch(() => undefined), late]);
  return ran && { passed: ran.exitCode === 0, said: ran.output.trim() };
}

async function byPort(asked: Asked): Promise<Look> {
  const problem = await portProblem(asked, PORT_SECONDS);
  if (problem === undefined) return { state: "steady" };
  const hint = problem.includes("refused") ? ". Does it listen on that port, and on 0.0.0.0?" : "";
  return {
    state: "starting",
    said: `It has no health check, and its port ${asked.port} takes no connection from the edge proxy's network: ${problem}${hint}`,
  };
}

async function unfit(
  docker: Docker,
  container: Docker.Container,
  { why, said = lastSaid(undefined) }: { readonly why: string; readonly said: string | undefined },
): Promise<Unfit> {
  const [hide, raw, found] = await Promise.all([
    secretHider(container),
    lastLogLines(container, LOG_LINES),
    container.inspect(),
  ]);
  const reason = await startFailure(docker, found, raw);
  if (!hide) return { why, reason, said: lastSaid(NOT_SHOWN), log: NOT_SHOWN };
  return { why, reason, said: hide(said), log: hide(raw) };
}
