import type { Command, Invocation } from "../command";
import { Exit } from "../exit";
import { changeService, type ServiceVerb } from "./change-service";
import { chooseServices, containerOf } from "./choose-services";
import { openServices, stackOption, wholeNumber } from "./open-services";
import { shortName } from "./service";

/** Seconds. */
const HEALTH_TIMEOUT = 120;

/** What each verb says when it is done, and where there was nothing to do. */
const WORDS: Readonly<Record<ServiceVerb, readonly [done: string, already: string]>> = {
  start: ["started", "runs already"],
  stop: ["stopped", "is stopped already"],
  restart: ["restarted", "restarted"],
};

/** The commands `start`, `stop` and `restart`, which differ in little. */
export function serviceCommand(verb: ServiceVerb, summary: string, example: string): Command {
  const timeout = { flags: "--timeout <seconds>", summary: "until it must be healthy (120)" };
  return {
    name: verb,
    summary,
    effect: "changes the services",
    args: [{ name: "<services...>", summary: "nexus, main-edge, blog, … as berth ps names them" }],
    options: verb === "stop" ? [stackOption] : [timeout, stackOption],
    example,
    run: (call) => run(verb, call),
  };
}

async function run(verb: ServiceVerb, { args, options, report }: Invocation) {
  const healthTimeout = wholeNumber("--timeout", options["timeout"], HEALTH_TIMEOUT);
  const { stack, services } = await openServices(options["stack"]);
  const names = args.filter((name) => name !== undefined);
  const chosen = chooseServices(services, names, stack).map((service) => ({
    service: shortName(service, services),
    docker: service.docker,
    container: containerOf(service, services, stack).id,
  }));
  const done: { service: string; changed: boolean }[] = [];
  // One after the other: an app on two servers never stops on both at once by a restart.
  for (const one of chosen) {
    const changed = await changeService({ verb, ...one, healthTimeout });
    report.say(`${one.service} ${WORDS[verb][changed ? 0 : 1]}.`);
    done.push({ service: one.service, changed });
  }
  if (report.json) report.data(done, () => "");
  return Exit.done;
}
