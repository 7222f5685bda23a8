import { restartEdge } from "../../components/edge/restart-edge";
import { messageOf } from "../../components/values/error-facts";
import { type Command, defineCommand, type Invocation } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import { type ChangeArgs, changeService, type ServiceVerb } from "./change-service";
import { chooseServices, containerOf } from "./choose-services";
import { onServer, openServices, serverOption, stackOption, wholeNumber } from "./open-services";
import { shortName } from "./service";
import { healthOf } from "./service-health";
import { stackSecrets } from "./stack-secrets";

/** Seconds. */
const HEALTH_TIMEOUT = 120;

/** What each verb says when it is done, and where there was nothing to do. */
const WORDS: Readonly<Record<ServiceVerb, readonly [done: string, already: string]>> = {
  start: ["started", "runs already"],
  stop: ["stopped", "is stopped already"],
  restart: ["restarted", "restarted"],
};

const timeoutOption = {
  flags: "--timeout <seconds>",
  summary: "until it must be healthy (an app's own healthTimeout, else 120)",
} as const;
const servicesArgument = {
  name: "<services...>",
  summary: "nexus, main-edge, blog, … as berth ps names them",
  values: "services",
} as const;

/** The commands `start`, `stop` and `restart`, which differ in little. */
export function serviceCommand(verb: ServiceVerb, summary: string, example: string): Command {
  const about = { name: verb, summary, effect: "changes the services", example } as const;
  const args = [servicesArgument] as const;
  if (verb === "stop")
    return defineCommand({
      ...about,
      args,
      options: [serverOption, stackOption],
      run: (call) => run(verb, call),
    });
  return defineCommand({
    ...about,
    args,
    options: [timeoutOption, serverOption, stackOption],
    run: (call) => run(verb, call),
  });
}

interface Call extends Pick<Invocation, "report"> {
  readonly args: readonly string[];
  readonly options: { readonly [option in "timeout" | "server" | "stack"]?: string | undefined };
}

async function run(verb: ServiceVerb, { args, options, report }: Call) {
  const timeout = options.timeout === undefined ? undefined : wholeNumber("--timeout", options.timeout, 0);
  const { stack, file, settings, services } = await openServices(options.stack);
  const there = onServer(services, options.server, settings);
  const chosen = chooseServices(there, args, stack).map((service) => ({
    service: shortName(service, services),
    docker: service.docker,
    containers: [...(service.spares ?? []), containerOf(service, services, stack).id],
    ...healthOf(service, services, settings),
  }));
  const secrets = stackSecrets(stack, file);
  const done: { service: string; changed: boolean }[] = [];
  // One after the other: an app on two servers never stops on both at once by a restart.
  for (const one of chosen) {
    const healthTimeout = timeout ?? one.healthTimeout ?? HEALTH_TIMEOUT;
    const changed = await changeAll({ verb, ...one, healthTimeout, secrets });
    report.say(`${one.service} ${WORDS[verb][changed ? 0 : 1]}.`);
    done.push({ service: one.service, changed });
  }
  if (report.json) report.data(done, () => "");
  return Exit.done;
}

interface AllArgs extends Omit<ChangeArgs, "container"> {
  /** One, or those of an edge, the active one last. */
  readonly containers: readonly string[];
}

/** @returns whether that changed anything */
async function changeAll({ containers, ...args }: AllArgs): Promise<boolean> {
  const [first] = containers;
  if (args.verb === "restart" && containers.length > 1 && first !== undefined) {
    const restart = (container: string) => changeService({ ...args, container });
    const failure = (error: unknown) => {
      throw error instanceof CommandError ? error : new CommandError(`${args.service}: ${messageOf(error)}`);
    };
    if (await restartEdge({ docker: args.docker, edge: first }, restart).catch(failure)) return true;
  }
  let changed = false;
  for (const container of containers) changed = (await changeService({ ...args, container })) || changed;
  return changed;
}
