import { messageOf } from "../../../components/values/error-facts";
import { chooseServices, containerOf } from "../../services/choose-services";
import { containerLogs, type LogLine } from "../../services/container-logs";
import { wantedLines } from "../../services/log-lines";
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
      summary: "how many of the last lines of each (100; with --since, --until or --grep all)",
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
    const wanted = wantedLines(options);
    const { stack, file, services: all, settings } = await openServices(options.stack);
    const services = onServer(all, options.server, settings);
    const names = args.filter((name) => name !== undefined);
    const shown =
      names.length > 0 ? chooseServices(services, names, stack) : withContainer(services, all, report);
    const named = shown.length > 1;
    const secrets = options.showSecrets === true ? undefined : stackSecrets(stack, file);
    await Promise.all(
      shown.map(async (service) => {
        const { id: container } = containerOf(service, all, stack);
        const name = shortName(service, all);
        const follow = options.follow === true;
        const wish = { service: name, docker: service.docker, container, follow, ...wanted, secrets };
        await containerLogs(wish, (line) => print(line, report, named)).catch((error) => {
          if (error instanceof CommandError) throw new CommandError(`${name}: ${error.message}`, error.exit);
          throw new CommandError(`${name}: reading its log on ${service.docker}: ${messageOf(error)}`);
        });
        if (follow) report.say(`${name}: its container has ended.`);
      }),
    );
    return Exit.done;
  },
});

/** Without names, what can't be shown is told and no error. */
function withContainer(services: readonly Service[], all: readonly Service[], report: Report): Service[] {
  return services.filter((service) => {
    if (service.container) return true;
    report.say(`${shortName(service, all)} is ${service.state}: no log of it.`);
    return false;
  });
}

function print(line: LogLine, report: Report, named: boolean): void {
  report.line(line, () => (named ? `${line.service} | ${line.text}` : line.text));
}
