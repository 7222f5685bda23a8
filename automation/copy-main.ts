import { runCli } from "./cli";
import { copy } from "./commands/copy";

/** `berth copy` alone, which quick-copy.cjs makes one file of: it must not drag in what other commands need. */
export function main(): void {
  runCli(process.argv, [copy]).then((code) => {
    process.exitCode = code;
  });
}
