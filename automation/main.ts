import { ownVersion } from "../components/values/own-place";
import { runCli } from "./cli";
import { loadCommands } from "./commands";

/** `berth` alone is `berth status`. */
const argv = process.argv.length > 2 ? process.argv : [...process.argv, "status"];

/** The only place that exits, besides its quick sister copy-main.ts, and cli.ts for what nobody reads. */
runCli(argv, loadCommands(argv[2]), ownVersion()).then((code) => {
  process.exitCode = code;
});
