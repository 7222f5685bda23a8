import { dockerHost } from "../../docker/docker-host";
import { atMost } from "../../values/at-most";
import { messageOf, statusOf } from "../../values/error-facts";
import type { HealthWish } from "../health";
import { healthWish } from "../health-wish";
import type { ProcessTarget, Wanted } from "../traffic-wish";

/** An app's processes in a switch of its traffic: they start and get fit before it, and stop where there is none. */

/** Milliseconds that a switch which has failed waits for the end of what a new container has begun; Docker waits longer. */
const STOP_PATIENCE_MS = 10_000;

type Processes = Pick<Wanted, "processes">;

/** What of an app's processes a switch is due for, as JSON. */
export function processPlaces({ processes = [] }: Processes): string {
  return JSON.stringify(processes.map(({ docker, process, container }) => [docker, process, container]));
}

/** A switch that failed has stopped its processes: the next one, with the same containers, starts them again. */
export async function startStopped({ processes = [] }: Processes): Promise<void> {
  await Promise.all(
    processes.map(async ({ name, docker, process, container }) => {
      try {
        await dockerHost(docker).getContainer(container).start();
      } catch (error) {
        if (statusOf(error) === 304) return; // it runs
        throw new Error(`The process ${process} could not be started on ${name}: ${messageOf(error)}`);
      }
    }),
  );
}

/**
 * Without a check it has to go on running: nobody asks it for anything.
 * @param edge the edge proxy's container, for a check by http
 */
export function processWish(
  { docker, container, health }: Pick<ProcessTarget, "docker" | "container" | "health">,
  edge: string,
): HealthWish {
  if (typeof health !== "object" || !("path" in health) || health.port === undefined)
    return { check: health ?? "none" };
  return healthWish({ docker, container, edge, port: health.port }, health);
}

/**
 * Stops the processes of a release that doesn't get the traffic: it would do work that is for the one which serves on. They get their
 * drainTimeout for what they have begun, by Docker, whoever waits for it.
 * @param before what the last switch left, which works on
 * @returns a line for each
 */
export async function stopNew({ processes = [] }: Processes, before: Processes | undefined) {
  const olds = before?.processes ?? [];
  const fresh = processes.filter(({ container }) => !olds.some((old) => old.container === container));
  return Promise.all(
    fresh.map(async ({ name, docker, process, container }) => {
      const stopping = dockerHost(docker).getContainer(container).stop();
      const said = await atMost(
        stopping.then(
          () => "is stopped",
          (error: unknown) =>
            statusOf(error) === 304 ? "is stopped" : `could not be stopped: ${messageOf(error)}`,
        ),
        STOP_PATIENCE_MS,
        "ends what it has begun, and stops then",
      );
      const old = olds.find((one) => one.name === name && one.process === process);
      const works = old ? `${old.container} works on` : "none ran before";
      return `${name}: process ${process}: ${works}; ${container} ${said}`;
    }),
  );
}
