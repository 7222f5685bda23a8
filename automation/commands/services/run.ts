import { chooseServices, containerOf } from "../../services/choose-services";
import { runOneOff } from "../../services/one-off";
import { onServer, openServices, serverOption, stackOption } from "../../services/open-services";
import { shortName } from "../../services/service";
import { defineCommand } from "../../terminal/command";
import { CommandError, Exit, type ExitCode } from "../../terminal/exit";

export const run = defineCommand({
  name: "run",
  summary: "Run a command in a container of its own, of the release that an app runs",
  effect: "changes what the command changes",
  args: [
    { name: "<app>", summary: "as berth ps names it" },
    { name: "<command...>", summary: "after --: what to run; its exit code is berth's" },
  ],
  options: [{ ...serverOption, summary: "where, if not on the app's first server" }, stackOption],
  example: "berth run blog -- python manage.py createsuperuser",
  async run({ args: [name, ...command], options, report }) {
    const { stack, services, settings } = await openServices(options.stack);
    const [service, ...others] = chooseServices(onServer(services, options.server, settings), [name], stack);
    const { app, server, docker } = service!; // a name without one is an error
    if (app === undefined || server === undefined)
      throw new CommandError(
        `${name} is no app: only those have releases to run. berth shell ${name} runs a command in its container.`,
        Exit.usage,
      );
    const { id: like } = containerOf(service!, services, stack);
    if (others.some((one) => one.server !== server))
      report.say(`${name}: on ${server}; elsewhere by --server.`);
    const code = await runOneOff({
      service: shortName(service!, services),
      app,
      server,
      docker,
      like,
      command,
      terminal: { input: process.stdin, output: process.stdout, errors: process.stderr },
    });
    return code as ExitCode; // the command's own
  },
});
