import { type Command, GLOBAL_FLAGS } from "./cli/command";
import { COMMANDS } from "./cli/commands";
import { parseFlags } from "./cli/flags";
import { Bail, CliError, EXIT, messageOf } from "./errors";

/** Runs one command line and ends the process: nothing that is still open may hold it. */
export async function main(words: readonly string[]): Promise<void> {
  // Should everything fall silent before the command has come to its end, that is no success.
  process.exitCode = EXIT.error;
  await run(words);
  await Promise.all([flushed(process.stdout), flushed(process.stderr), filesWritten()]);
  process.exit();
}

/** Milliseconds. */
const LONGEST_WAIT = 500;

/**
 * tsx writes what it compiled to its cache behind our back. A short command would end before that is done, and compile
 * the same files at every start.
 */
async function filesWritten(): Promise<void> {
  const since = Date.now();
  while (process.getActiveResourcesInfo().includes("FSReqPromise") && Date.now() - since < LONGEST_WAIT) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** A pipe takes its time: an exported state is longer than what fits into one. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  // Called when all that was written before has gone, or can't go because whoever read is gone.
  return new Promise((resolve) => void stream.write("", () => resolve()));
}

/** Sets the process's exit code. */
async function run(words: readonly string[]): Promise<void> {
  let detailed = words.includes("--debug") || words.includes("--logtostderr");
  try {
    const { command, rest } = findCommand(words);
    const { flags, args } = parseFlags(rest, [...command.flags, ...GLOBAL_FLAGS]);
    detailed ||= (flags.int("verbose") ?? 0) > 0;
    if (flags.bool("help")) return help(command);
    checkArguments(command, args);
    const cwd = flags.string("cwd");
    if (cwd !== undefined) changeDirectory(cwd);
    if (flags.has("color")) process.env["PULUMI_COLOR"] = flags.string("color");
    const interactive =
      !flags.bool("non-interactive") && Boolean(process.stdin.isTTY && process.stdout.isTTY);
    process.exitCode = (await command.load()({ args, flags, interactive })) ?? 0;
  } catch (error) {
    process.exitCode = tell(error, detailed);
  }
}

/** The longest command that the words begin with; flags may stand anywhere. */
function findCommand(words: readonly string[]): { command: Command; rest: string[] } {
  const positions: number[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === "--") break;
    if (!word.startsWith("-")) positions.push(index);
    else if (takesValue(word)) index++;
  }
  for (let count = Math.min(positions.length, 2); count > 0; count--) {
    const path = positions
      .slice(0, count)
      .map((index) => words[index])
      .join(" ");
    const command = COMMANDS.find(
      (candidate) => candidate.path === path || candidate.aliases?.includes(path),
    );
    if (!command) continue;
    const used = new Set(positions.slice(0, count));
    return { command, rest: words.filter((_, index) => !used.has(index)) };
  }
  const first = positions.length > 0 ? words[positions[0]!] : undefined;
  if (first === undefined) {
    help();
    throw new Bail(0);
  }
  throw new CliError(
    `unknown command "${first}" for "pulumi" (the sandbox's engine has ${COMMANDS.map(({ path }) => path).join(", ")})\nRun 'pulumi --help' for usage.`,
  );
}

/** Global flags may come before the command; the others stand after it. */
function takesValue(word: string): boolean {
  const spec = GLOBAL_FLAGS.find(({ name, short }) => word === `--${name}` || word === `-${short}`);
  return spec !== undefined && spec.type !== "bool";
}

function checkArguments(command: Command, args: readonly string[]): void {
  const { minArgs = 0, maxArgs, path } = command;
  if (args.length > 0 && maxArgs === 0 && COMMANDS.some((other) => other.path.startsWith(`${path} `))) {
    throw new CliError(
      `unknown command "${args[0]}" for "pulumi ${path}"\nRun 'pulumi ${path} --help' for usage.`,
    );
  }
  if (args.length < minArgs || args.length > maxArgs) {
    const wanted = minArgs === maxArgs ? `${maxArgs}` : `between ${minArgs} and ${maxArgs}`;
    throw new CliError(`pulumi ${path} accepts ${wanted} arg(s), received ${args.length}`);
  }
}

function changeDirectory(directory: string): void {
  try {
    process.chdir(directory);
  } catch (error) {
    throw new CliError(
      `could not change to the directory given by --cwd: ${messageOf(error)}`,
      EXIT.configuration,
    );
  }
}

function tell(error: unknown, detailed: boolean): number {
  if (error instanceof Bail) return error.exitCode;
  const known = error instanceof CliError;
  console.error(`error: ${messageOf(error)}`);
  if (detailed && error instanceof Error && error.stack) console.error(error.stack);
  return known ? error.exitCode : EXIT.error;
}

function help(command?: Command): void {
  const lines = command
    ? [
        command.summary,
        "",
        `Usage:\n  pulumi ${command.path}${command.usage ? ` ${command.usage}` : ""} [flags]`,
        "",
        "Flags:",
      ]
    : ["The sandbox's Pulumi engine: real state, secrets and protocol, built-in providers.", "", "Commands:"];
  if (command) {
    for (const { name, short, unsupported } of [...command.flags, ...GLOBAL_FLAGS]) {
      if (!unsupported) lines.push(`  ${short ? `-${short}, ` : "    "}--${name}`);
    }
  } else {
    for (const { path, summary } of COMMANDS) lines.push(`  ${path.padEnd(16)} ${summary}`);
  }
  console.log(lines.join("\n"));
}
