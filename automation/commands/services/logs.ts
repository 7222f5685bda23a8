import { messageOf } from "../../../components/values/error-facts";
import { chooseServices, containerOf } from "../../services/choose-services";
import { containerLogs } from "../../services/container-logs";
import { TAIL_OF_ALL, wantedLines } from "../../services/log-lines";
import { LogPages } from "../../services/log-pages";
import { onServer, openServices, serverOption, stackOption } from "../../services/open-services";
import { type Service, shortName } from "../../services/service";
import { stackSecrets } from "../../services/stack-secrets";
import { defineCommand } from "../../terminal/command";
import { CommandError, Exit } from "../../terminal/exit";
import type { Report } from "../../terminal/report";

export const logs = defineCommand({
  name: "logs",
  summary: "Show what services wrote: of those named, else of all",
  effect: "read-only",
  args: [
    {
      name: "[services...]",
      summary: "nexus, main-edge, blog, … as berth ps names them",
      values: "services",
    },
  ],
  options: [
    { flags: "-f, --follow", summary: "go on with what comes, until Ctrl-C" },
    {
      flags: "--tail <lines>",
      summary:
        "how many of the last lines of each (100, without names 10; with --since, --until or --grep all)",
    },
    { flags: "--since <time>", summary: "from then on: 10m, 2h or 1d ago, 2026-11-30, 2026-11-30T08:15" },
    { flags: "--until <time>", summary: "up to then, likewise" },
    { flags: "--grep <pattern>", summary: "only lines that this regular expression matches" },
    serverOption,
    { flags: "--show-secrets", summary: "the log as it is, secrets and all; needs no passphrase" },
    stackOption,
  ],
  example: "berth logs -f blog --stack prod",
  untilUnread: true,
  async run({ args, options, report }) {
    const names = args.filter((name) => name !== undefined);
    const wanted = wantedLines(options, undefined, names.length === 0 ? TAIL_OF_ALL : undefined);
    const { stack, file, services: all, settings } = await openServices(options.stack);
    const services = onServer(all, options.server, settings);
    const shown =
      names.length > 0 ? chooseServices(services, names, stack) : withContainer(services, all, report);
    const follow = options.follow === true;
    const isCut = names.length === 0 && options.tail === undefined && wanted.tail !== undefined;
    const more = isCut ? moreText(shown, all) : [];
    const secrets = options.showSecrets === true ? undefined : stackSecrets(stack, file);
    const pages = new LogPages(
      shown.map((service) => shortName(service, all)),
      follow,
      report,
    );
    if (follow) for (const line of more) report.say(line);
    const read = async (service: Service) => {
      const { id: container } = containerOf(service, all, stack);
      const name = shortName(service, all);
      const wish = { service: name, docker: service.docker, container, follow, ...wanted, secrets };
      await containerLogs(wish, pages.add).catch((error) => failed(error, name, service));
      if (follow) report.say(`${name}: its container has ended.`);
    };
    await Promise.all(shown.map(read)).finally(() => pages.end());
    if (!follow) for (const line of more) report.say(line);
    return Exit.done;
  },
});

function failed(error: unknown, name: string, { docker }: Service): never {
  if (error instanceof CommandError) throw new CommandError(`${name}: ${error.message}`, error.exit);
  throw new CommandError(`${name}: reading its log on ${docker}: ${messageOf(error)}`);
}

/** How to see more than the last lines of all. */
function moreText(shown: readonly Service[], all: readonly Service[]): string[] {
  const example = shown.find(({ app }) => app !== undefined) ?? shown[0];
  if (example === undefined) return [];
  return [
    `These are the last ${TAIL_OF_ALL} lines of each. More: berth logs --tail 100; of one alone: berth logs ${shortName(example, all)}`,
  ];
}

/** Without names, what can't be shown is told and no error. */
function withContainer(services: readonly Service[], all: readonly Service[], report: Report): Service[] {
  return services.filter((service) => {
    if (service.container) return true;
    report.say(`${shortName(service, all)} is ${service.state}: no log of it.`);
    return false;
  });
}
