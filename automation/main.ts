import { runCli } from "./cli";
import { loadCommands } from "./commands";

/** The only place that exits, besides its quick sister copy-main.ts. */
runCli(process.argv, loadCommands(process.argv[2])).then((code) => {
  process.exitCode = code;
});
