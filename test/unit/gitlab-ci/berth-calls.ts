import { Command as Cli } from "commander";
import { register } from "../../../automation/cli";
import { loadCommands } from "../../../automation/commands";
import type { Command, CommandGroup } from "../../../automation/terminal/command";

/** The `berth` calls in a line of a script, with each `${VARIABLE:+words}` once in it and once not. */
export function berthCalls(line: string): string[][] {
  const forms = alternatives(line.replaceAll(/\s+/g, " "));
  const parts = forms.flatMap((form) => form.split(/&&|\|\||;|\|/));
  return parts.map(callOf).filter((call) => call !== undefined);
}

/** `--flag ${X:+--more "$Y"}` is two lines: with and without. */
function alternatives(line: string): string[] {
  const match = /\$\{\w+:\+([^{}]*)\}/.exec(line);
  if (!match) return [line];
  const around = (words: string) =>
    line.slice(0, match.index) + words + line.slice(match.index + match[0].length);
  return [...alternatives(around(match[1]!)), ...alternatives(around(""))];
}

function callOf(part: string): string[] | undefined {
  const words = (part.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []).map((word) =>
    word.replaceAll(/^["']|["']$/g, ""),
  );
  const at = words.indexOf("berth");
  const end = words.indexOf(">"); // a file that the shell writes
  return at < 0 ? undefined : words.slice(at + 1, end < 0 ? undefined : end);
}

/**
 * Parses a call with berth's own commands, and runs nothing.
 * @throws Error in commander's words for a command or a flag that isn't there
 */
export async function parseCall(argv: readonly string[]): Promise<void> {
  const cli = new Cli("berth").exitOverride().configureOutput({ writeErr: () => undefined });
  for (const command of loadCommands(undefined)) register(cli, harmless(command), () => undefined);
  await cli.parseAsync(["node", "berth", ...argv]);
}

function harmless(entry: Command | CommandGroup): Command | CommandGroup {
  if ("commands" in entry)
    return { ...entry, commands: entry.commands.map((command) => harmless(command) as Command) };
  return { ...entry, run: async () => 0 };
}
