import type { Command, CommandGroup, Values } from "../terminal/command";

/** What may follow a command's words on the command line, in the words of the shells. */
export interface Place {
  /** `up`, `nexus gc`; empty before any command. */
  readonly command: string;
  readonly summary: string;
  /** Commands that may come next. */
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly Option[];
  /** What each argument may be; the last goes on where `isVariadic`. */
  readonly args: readonly (Values | undefined)[];
  readonly isVariadic: boolean;
}

export interface Option {
  /** `--follow`, `-f` */
  readonly words: readonly string[];
  readonly summary: string;
  readonly hasValue: boolean;
  readonly values: Values | undefined;
}

const HELP: Option = option({ flags: "-h, --help", summary: "display help for command" });
const JSON_RESULT: Option = option({ flags: "--json", summary: "print the result as JSON" });
const VERSION: Option = option({ flags: "--version", summary: "print the version" });
const DEBUG: Option = option({ flags: "--debug", summary: "show where an error came from" });

export function placesOf(commands: readonly (Command | CommandGroup)[]): Place[] {
  const top = { command: "", summary: "", args: [], isVariadic: false };
  return [
    { ...top, commands: commands.map(nameOf), options: [VERSION, DEBUG, HELP] },
    ...commands.flatMap((entry) =>
      "commands" in entry
        ? [
            {
              ...top,
              command: entry.name,
              summary: entry.summary,
              commands: entry.commands.map(nameOf),
              options: [HELP],
            },
            ...entry.commands.map((one) => placeOf(one, `${entry.name} ${one.name}`)),
          ]
        : [placeOf(entry, entry.name)],
    ),
  ];
}

const nameOf = ({ name, summary }: Command | CommandGroup) => ({ name, summary });

function placeOf({ summary, args = [], options = [] }: Command, command: string): Place {
  return {
    command,
    summary,
    commands: [],
    options: [...options.map(option), JSON_RESULT, HELP],
    args: args.map(({ values }) => values),
    isVariadic: args.at(-1)?.name.includes("...") ?? false,
  };
}

function option({ flags, summary, values }: { flags: string; summary: string; values?: Values }): Option {
  const words = flags.split(/[ ,]+/).filter((word) => word.startsWith("-"));
  return { words, summary, hasValue: flags.includes("<"), values };
}
