import { runCli } from "./cli";
import { loadCommands } from "./commands";
import { version } from "./engine/project";

/** The only place that exits, besides its quick sister copy-main.ts, and cli.ts for what nobody reads. */
runCli(process.argv, loadCommands(process.argv[2]), version()).then((code) => {
  process.exitCode = code;
});
