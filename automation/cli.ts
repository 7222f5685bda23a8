import { Command as Cli, CommanderError, Help } from "commander";
import { errorOf, messageOf } from "../components/values/error-facts";
import type { Command, CommandGroup } from "./terminal/command";
import { CommandError, Exit, type ExitCode } from "./terminal/exit";
import { knownSecrets } from "./terminal/known-secrets";
import { outliveReaders } from "./terminal/lost-output";
import { consoleReport, type Report } from "./terminal/report";
import { STOP_SIGNALS } from "./terminal/stop-signals";

/** argv → one of these commands → exit code. */
export async function runCli(
  argv: string[],
  commands: (Command | CommandGroup)[],
  version?: string,
): Promise<ExitCode> {
  let code: ExitCode = Exit.done;
  let report: Report | undefined;
  const cli = new Cli("berth")
    .description("Image pipelines for teams that run their own registry.")
    .option("--debug", "show where an error came from")
    .configureHelp({ showGlobalOptions: true, subcommandTerm })
    .showHelpAfterError("(berth --help lists the commands)")
    .exitOverride();
  if (version !== undefined) cli.version(version, "--version", "print the version");
  for (const command of commands) {
    const done: Done = (exit) => {
      code = exit;
    };
    register(cli, command, done, (begun) => {
      report = begun;
    });
  }
  try {
    await cli.parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.done : Exit.usage; // it has said why
    if (error instanceof CommandError && error.exit === Exit.interrupted) endInterrupted();
    process.stderr.write(`berth: ${knownSecrets.scrub(messageOf(error))}\n`);
    const log = isFailure(error) ? report?.engineLog() : undefined;
    if (log !== undefined) process.stderr.write(`${knownSecrets.scrub(log)}\n`);
    if (cli.opts()["debug"]) process.stderr.write(`${knownSecrets.scrub(String(errorOf(error).stack))}\n`);
    if (error instanceof CommandError) return error.exit;
    return errorOf(error).name === "InvalidReference" ? Exit.usage : Exit.failed;
  }
}

/** Without `[options]`, which all have: what a command is for has room beside it on 80 columns, else nothing is wrapped. */
const subcommandTerm = (command: Cli) => new Help().subcommandTerm(command).replace(" [options]", "");

/** One more signal finds all done but the end: it is no other end. */
function endInterrupted(): void {
  for (const signal of STOP_SIGNALS) process.on(signal, () => process.exit(Exit.interrupted));
}

/** What was refused, or stopped by somebody, is told in whole. */
const isFailure = (error: unknown) => !(error instanceof CommandError) || error.exit === Exit.failed;

type Done = (code: ExitCode) => void;

/** @param begun called with what a command says all that it says to, when it begins */
export function register(
  cli: Cli,
  entry: Command | CommandGroup,
  done: Done,
  begun: (report: Report) => void = () => undefined,
): void {
  if ("commands" in entry) {
    const { name, summary, commands } = entry;
    const group = cli.command(name).summary(summary).description(`${summary}.`).exitOverride();
    for (const command of commands) registerCommand(group, command, done, begun);
  } else {
    registerCommand(cli, entry, done, begun);
  }
}

function registerCommand(cli: Cli, command: Command, done: Done, begun: (report: Report) => void): void {
  const sub = cli
    .command(command.name)
    .summary(command.summary)
    .description(`${command.summary} (${command.effect}).`)
    .option("--json", "print the result as JSON")
    .addHelpText("after", `\nExample:\n  ${command.example}`)
    .exitOverride();
  for (const { name, summary } of command.args ?? []) sub.argument(name, summary);
  for (const { flags, summary } of command.options ?? []) sub.option(flags, summary);
  if (command.name === "sandbox") sub.allowUnknownOption();
  sub.action(async () => {
    const { json = false, ...options } = sub.opts() as { json?: boolean };
    // Nothing else would end what only shows: `berth logs -f | head`.
    outliveReaders(command.untilUnread ? () => process.exit(Exit.failed) : undefined);
    const args = sub.processedArgs.flat() as (string | undefined)[];
    const verbose = "verbose" in options && options.verbose === true;
    const report = consoleReport(json, { command: command.name, verbose });
    begun(report);
    done(await command.run({ args, options, report }));
  });
}
