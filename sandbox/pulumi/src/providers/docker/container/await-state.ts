import { setTimeout as sleep } from "node:timers/promises";
import type { Container, ContainerInspectInfo } from "dockerode";
import type { Props } from "../../provider";
import { count } from "../../schema/value";
import { lastLines } from "./logs";

const POLL_MILLISECONDS = 100;

/** As the plugin words it; the engine's initErrors and Berth's messages build on it. */
export const UNHEALTHY = "container failed to be in healthy state";

/** Waits until the health check succeeds, at most `waitTimeout` seconds. */
export async function awaitHealthy(container: Container, inputs: Props, signal: AbortSignal): Promise<void> {
  const end = Date.now() + count(inputs["waitTimeout"]) * 1000;
  for (;;) {
    const found = await container.inspect();
    const health = found.State.Health?.Status;
    if (health === undefined || health === "none") {
      throw new Error(
        "you have supplied a 'wait' argument, but the container does not have a healthcheck defined. " +
          "Please remove the 'wait' argument or add a 'healthcheck' attribute",
      );
    }
    if (health === "healthy") return;
    if (ended(found) && inputs["mustRun"] === true) throw await exitError(container, found);
    if (health === "unhealthy" || ended(found) || Date.now() >= end) throw new Error(UNHEALTHY);
    await sleep(POLL_MILLISECONDS, undefined, { signal });
  }
}

function ended(found: ContainerInspectInfo): boolean {
  return !found.State.Running && !found.State.Restarting;
}

async function exitError(container: Container, found: ContainerInspectInfo): Promise<Error> {
  const name = found.Name.replace(/^\//, "");
  const reason = found.State.OOMKilled ? " (out of memory)" : "";
  return new Error(
    `container ${name} must run and exited with exit code ${found.State.ExitCode}${reason}; ${await lastLines(container)}`,
  );
}
