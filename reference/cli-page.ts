import { type Argument, Command as Cli } from "commander";
import { register } from "../automation/cli";
import { loadCommands } from "../automation/commands";
import type { Command } from "../automation/terminal/command";

/** `docs/reference/cli.md`: every command as it describes itself to commander. */

const HEAD = `# Commands

Every command of \`berth\`, with its arguments and options. Made of the commands in \`automation/commands/\` by \`npm run docs:reference\`:
change it there. [docs/commands.md](../commands.md) has them in one table, with what the exit codes say.

\`--json\` prints the result of any command as JSON, \`--debug\` before the command shows where an error came from, \`--version\` the version,
\`--help\` behind a command what stands here.
`;

export function cliPage(): string {
  const commands = loadCommands(undefined).flatMap((entry) =>
    "commands" in entry
      ? [
          `## berth ${entry.name}\n`,
          `${entry.summary}.\n`,
          ...entry.commands.flatMap((one) => sectionOf(one, entry.name)),
        ]
      : sectionOf(entry),
  );
  return [HEAD, ...commands].join("\n");
}

function sectionOf(command: Command, group?: string): string[] {
  const cli = new Cli("berth");
  register(
    cli,
    group === undefined ? command : { name: group, summary: group, commands: [command] },
    () => {},
  );
  const [parent] = cli.commands;
  const shown = group === undefined ? parent! : parent!.commands[0]!;
  const words = ["berth", ...(group === undefined ? [] : [group]), shown.name()].join(" ");
  const args = shown.registeredArguments.map((one) => [usageOf(one), one.description] as const);
  const options = shown.options
    .filter(({ long }) => long !== "--json")
    .map(({ flags, description }) => [flags, description] as const);
  return [
    `${group === undefined ? "##" : "###"} ${words}\n`,
    `${command.summary}. It ${effectOf(command)}.\n`,
    "```sh",
    [words, ...args.map(([usage]) => usage), ...(options.length > 0 ? ["[options]"] : [])].join(" "),
    "```\n",
    ...rows("argument", args),
    ...rows("option", options),
    `Example: \`${command.example}\`\n`,
  ];
}

function effectOf({ effect }: Command): string {
  if (effect === "read-only") return "changes nothing";
  return effect === "destroys" ? "deletes" : effect;
}

function usageOf(argument: Argument): string {
  const word = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${word}>` : `[${word}]`;
}

function rows(what: string, entries: readonly (readonly [string, string])[]): string[] {
  if (entries.length === 0) return [];
  const lines = entries.map(([name, text]) => `| \`${name}\` | ${text.replaceAll("|", "\\|")} |`);
  return [`| ${what} | |`, "|---|---|", ...lines, ""];
}
