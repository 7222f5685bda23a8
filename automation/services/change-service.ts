import type Docker from "dockerode";
import { type HealthWish, type Unfit, untilHealthy } from "../../components/deploy/health";
import { dockerHost } from "../../components/docker/docker-host";
import { messageOf, statusOf } from "../../components/values/error-facts";
import { CommandError } from "../terminal/exit";
import { notShown, type StackSecrets } from "./stack-secrets";

export type ServiceVerb = "start" | "stop" | "restart";

/** What a container says of itself. */
const WORDS = "What its health check said and what it logged are";

/** Seconds that a service gets to end by itself. A database that is killed has to be repaired. */
const STOP_SECONDS = 60;

export interface ChangeArgs {
  readonly verb: ServiceVerb;
  readonly service: string;
  readonly docker: string;
  readonly container: string;
  /** Seconds until it must be healthy after a start. */
  readonly healthTimeout: number;
  /** How it shows that it is. @default by the image's check; without one it has to go on running */
  readonly health?: HealthWish | undefined;
  readonly secrets: StackSecrets;
}

/**
 * Starts, stops or restarts a service's container; after a start it waits until it is healthy, as a deployment does.
 * @returns whether that changed anything
 * @throws CommandError with the health check's last answer and the last log lines where it doesn't get healthy
 */
export async function changeService(args: ChangeArgs): Promise<boolean> {
  const { verb, health = {}, healthTimeout: seconds } = args;
  const docker = dockerHost(args.docker);
  try {
    const changed = await act(docker.getContainer(args.container), verb);
    const unfit =
      verb === "stop"
        ? undefined
        : await untilHealthy(docker, args.container, { ...health, listed: true }, { seconds });
    if (unfit) throw await stayedUnfit(args, unfit);
    return changed;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${args.service}: could not ${verb} it on ${args.docker}: ${messageOf(error)}`);
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
    if (statusOf(error) === 304) return false;
    throw error;
  }
}

async function stayedUnfit(
  { service, verb, secrets }: ChangeArgs,
  { why, reason, said, log }: Unfit,
): Promise<CommandError> {
  // What it wrote may hold any of the stack's secrets: they have to be known before it is said.
  const problem = await secrets.known();
  const shown =
    problem === undefined
      ? [said, "Its last log lines:", log]
      : [notShown(WORDS, problem, { stack: secrets.stack, service })];
  return new CommandError(
    [
      `${service}: after the ${verb} it ${why}. It is left as it is.`,
      ...(reason === undefined ? [] : [reason]),
      ...shown,
    ].join("\n"),
  );
}
