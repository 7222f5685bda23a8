import type { Command, CommandGroup } from "../terminal/command";

/** Every command, in the order of the help. Loaded one by one: `copy` needs no Pulumi, which takes a second. */
const loaders: Readonly<Record<string, () => Command | CommandGroup>> = {
  init: () => require("./init").init,
  status: () => require("./status").status,
  doctor: () => require("./doctor").doctor,
  preview: () => require("./preview").preview,
  up: () => require("./up").up,
  rollback: () => require("./rollback").rollback,
  promote: () => require("./promote").promote,
  releases: () => require("./releases").releases,
  report: () => require("./report").report,
  ps: () => require("./services/ps").ps,
  logs: () => require("./services/logs").logs,
  start: () => require("./services/start-stop").start,
  stop: () => require("./services/start-stop").stop,
  restart: () => require("./services/start-stop").restart,
  shell: () => require("./services/shell").shell,
  run: () => require("./services/run").run,
  outputs: () => require("./outputs").outputs,
  refresh: () => require("./refresh").refresh,
  drift: () => require("./drift").drift,
  cleanup: () => require("./cleanup").cleanup,
  copy: () => require("./copy").copy,
  nexus: () => require("./nexus").nexus,
  config: () => require("./config").config,
  compose: () => require("./compose").compose,
  destroy: () => require("./destroy").destroy,
  sandbox: () => require("./sandbox").sandbox,
  completion: () => require("./completion").completion(() => loadCommands(undefined)),
};

/** The command of that name alone, or all of them where it is no command's name (for help and guesses). */
export function loadCommands(name: string | undefined): (Command | CommandGroup)[] {
  const wanted = name && Object.hasOwn(loaders, name) ? [loaders[name]!] : Object.values(loaders);
  return wanted.map((load) => load());
}
