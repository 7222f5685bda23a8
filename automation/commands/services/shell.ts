import { chooseService, containerOf } from "../../services/choose-services";
import { runInteractively } from "../../services/interactive";
import { onServer, openServices, serverOption, stackOption } from "../../services/open-services";
import { shortName } from "../../services/service";
import { defineCommand } from "../../terminal/command";
import type { ExitCode } from "../../terminal/exit";

/** The best shell that there is. */
const SHELL = ["/bin/sh", "-c", "if command -v bash >/dev/null; then exec bash; else exec sh; fi"];

export const shell = defineCommand({
  name: "shell",
  summary: "Open a shell in a service's container, or run a command there",
  effect: "changes the services",
  args: [
    { name: "<service>", summary: "nexus, main-edge, blog, … as berth ps names them", values: "services" },
    { name: "[command...]", summary: "after --: what to run instead of a shell; its exit code is berth's" },
  ],
  options: [{ ...serverOption, summary: "where, if it runs on several" }, stackOption],
  example: "berth shell blog -- python manage.py showmigrations",
  untilUnread: true,
  async run({ args: [name, ...rest], options }) {
    const { stack, services, settings } = await openServices(options.stack);
    const service = chooseService(onServer(services, options.server, settings), name!, stack);
    const { id: container } = containerOf(service, services, stack);
    const given = rest.filter((word) => word !== undefined);
    const code = await runInteractively({
      service: shortName(service, services),
      docker: service.docker,
      container,
      command: given.length > 0 ? given : SHELL,
      terminal: { input: process.stdin, output: process.stdout, errors: process.stderr },
    });
    return code as ExitCode; // the command's own
  },
});
