import { runCli } from "./cli";
import { copy } from "./commands/copy";

/** `berth copy` alone, packages and all in one file: it must not drag in what other commands need. */
runCli(process.argv, [copy]).then((code) => {
  process.exitCode = code;
});
