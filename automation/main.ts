import { ownVersion } from "../components/values/own-place";
import { runCli } from "./cli";
import { loadCommands } from "./commands";

/** The only place that exits, besides its quick sister copy-main.ts, and cli.ts for what nobody reads. */
runCli(process.argv, loadCommands(process.argv[2]), ownVersion()).then((code) => {
  process.exitCode = code;
});
