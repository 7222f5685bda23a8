import type Docker from "dockerode";
import { dockerHost, lastLogLines } from "../../components/docker-host";
import { CommandError } from "../exit";
import { messageOf } from "../message-of";

export type ServiceVerb = "start" | "stop" | "restart";

/** Seconds that a service gets to end by itself. A database that is killed has to be repaired. */
const STOP_SECONDS = 60;
const POLL_MS = 250;

export interface ChangeArgs {
  readonly verb: ServiceVerb;
  readonly service: string;
  readonly docker: string;
  readonly container: string;
  /** Seconds until it must be healthy after a start. */
  readonly healthTimeout: number;
}

/**
 * Starts, stops or restarts a service's container; after a start it waits until its health check says yes (one without a
 * check counts when it runs).
 * @returns whether that changed anything
 * @throws CommandError with the health check's last answer and the last log lines where it doesn't get healthy
 */
export async function changeService(args: ChangeArgs): Promise<boolean> {
  const container = dockerHost(args.docker).getContainer(args.container);
  try {
    const changed = await act(container, args.verb);
    if (args.verb !== "stop") await untilHealthy(container, args);
    return changed;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `${args.service}: could not ${args.verb} it on ${args.docker}: ${messageOf(error)}`,
    );
  }
}

async function act(container: Docker.Container, verb: ServiceVerb): Promise<boolean> {
  try {
    if (verb === "start") await container.start();
    if (verb === "stop") await container.stop({ t: STOP_SECONDS });
    if (verb === "restart") await container.restart({ t: STOP_SECONDS });
    return true;
  } catch (error) {
    // Docker's answer to starting what runs, and to stopping what is stopped.
    if ((error as { statusCode?: number }).statusCode === 304) return false;
    throw error;
  }
}

async function untilHealthy(container: Docker.Container, args: ChangeArgs): Promise<void> {
  const deadline = Date.now() + args.healthTimeout * 1000;
  for (;;) {
    const { State } = await container.inspect();
    const health = State.Health?.Status ?? "none";
    if (State.Running && !State.Restarting && ["healthy", "none"].includes(health)) return;
    const late = Date.now() > deadline;
    if (late || !State.Running || health === "unhealthy") throw await unhealthy(container, args, State, late);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function unhealthy(
  container: Docker.Container,
  { service, verb, healthTimeout }: ChangeArgs,
  State: Docker.ContainerInspectInfo["State"],
  late: boolean,
): Promise<CommandError> {
  const why = State.Running ? "is not healthy" : `stopped with exit code ${State.ExitCode}`;
  const said = State.Health?.Log?.at(-1)?.Output?.trim();
  return new CommandError(
    [
      `${service}: after the ${verb} it ${why}${late ? ` in ${healthTimeout} s` : ""}. It is left as it is.`,
      ...(State.Health ? [`Its health check last said: ${said || "nothing"}`] : []),
      "Its last log lines:",
      await lastLogLines(container, 50),
    ].join("\n"),
  );
}
