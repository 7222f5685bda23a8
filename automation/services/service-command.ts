import type { Command, Invocation } from "../command";
import { Exit } from "../exit";
import type { StackFile } from "../stack-file";
import { changeService, type ServiceVerb } from "./change-service";
import { chooseServices, containerOf } from "./choose-services";
import { openServices, stackOption, wholeNumber } from "./open-services";
import { shortName } from "./service";
import { healthOf } from "./service-health";

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
  const summaryOfTimeout = "until it must be healthy (an app's own healthTimeout, else 120)";
  const timeout = { flags: "--timeout <seconds>", summary: summaryOfTimeout };
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
  const timeout =
    options["timeout"] === undefined ? undefined : wholeNumber("--timeout", options["timeout"], 0);
  const { stack, file, settings, services } = await openServices(options["stack"]);
  const names = args.filter((name) => name !== undefined);
  const chosen = chooseServices(services, names, stack).map((service) => ({
    service: shortName(service, services),
    docker: service.docker,
    container: containerOf(service, services, stack).id,
    ...healthOf(service, services, settings),
  }));
  const done: { service: string; changed: boolean }[] = [];
  // One after the other: an app on two servers never stops on both at once by a restart.
  for (const one of chosen) {
    const healthTimeout = timeout ?? one.healthTimeout ?? HEALTH_TIMEOUT;
    const known = () => secretsKnown({ name: stack, file });
    const changed = await changeService({ verb, ...one, healthTimeout, known });
    report.say(`${one.service} ${WORDS[verb][changed ? 0 : 1]}.`);
    done.push({ service: one.service, changed });
  }
  if (report.json) report.data(done, () => "");
  return Exit.done;
}

/** Loaded when something went wrong: it brings the engine's client along. */
function secretsKnown(stack: {
  readonly name: string;
  readonly file: StackFile;
}): Promise<string | undefined> {
  const {
    stackSecretsKnown,
  }: typeof import("../change/known-settings") = require("../change/known-settings");
  return stackSecretsKnown(stack);
}
