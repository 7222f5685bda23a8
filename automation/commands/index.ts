import type { Command, CommandGroup } from "../terminal/command";

/** Every command, in the order of the help. Loaded one by one: `copy` needs no Pulumi, which takes a second. */
const loaders: Readonly<Record<string, () => Command | CommandGroup>> = {
  init: () => require("./init").init,
  preview: () => require("./preview").preview,
  up: () => require("./up").up,
  rollback: () => require("./rollback").rollback,
  promote: () => require("./promote").promote,
  releases: () => require("./releases").releases,
  ps: () => require("./ps").ps,
  logs: () => require("./logs").logs,
  start: () => require("./start-stop").start,
  stop: () => require("./start-stop").stop,
  restart: () => require("./start-stop").restart,
  shell: () => require("./shell").shell,
  run: () => require("./run").run,
  outputs: () => require("./outputs").outputs,
  refresh: () => require("./refresh").refresh,
  drift: () => require("./drift").drift,
  cleanup: () => require("./cleanup").cleanup,
  copy: () => require("./copy").copy,
  nexus: () => require("./nexus").nexus,
  compose: () => require("./compose").compose,
  destroy: () => require("./destroy").destroy,
  sandbox: () => require("./sandbox").sandbox,
};

/** The command of that name alone, or all of them where it is no command's name (for help and guesses). */
export function loadCommands(name: string | undefined): (Command | CommandGroup)[] {
  const wanted = name && Object.hasOwn(loaders, name) ? [loaders[name]!] : Object.values(loaders);
  return wanted.map((load) => load());
}
