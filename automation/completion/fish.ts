import type { Values } from "../terminal/command";
import { SHELL_NAMES } from "./shell-names";
import type { Option, Place } from "./words";

/** Completion for fish, which shows what each word is for. */
export function fishCompletion(places: readonly Place[]): string {
  return `# Completion of berth for fish; made by: berth completion fish
function __berth_names
    sh -c ${quoted(`${SHELL_NAMES}\n"_berth_$1"`)} berth $argv
end
function __berth_at
    set -l words (string match -v -- '-*' (commandline -opc)[2..-1])
    set -l many (count $argv)
    test (count $words) -ge $many; and test "$words[1..$many]" = "$argv"
end
function __berth_alone
    test (count (string match -v -- '-*' (commandline -opc)[2..-1])) -eq $argv[1]
end
complete -c berth -f
${places.flatMap(linesOf).join("\n")}
`;
}

function linesOf({ command, commands, options, args, isVariadic }: Place): string[] {
  const words = command === "" ? [] : command.split(" ");
  const here = words.length === 0 ? "true" : `__berth_at ${words.join(" ")}`;
  const at = (index: number) => quoted(`${here}; and __berth_alone ${words.length + index}`);
  return [
    ...commands.map(({ name, summary }) => `complete -c berth -n ${at(0)} -a ${name} -d ${quoted(summary)}`),
    ...args.flatMap((values, index) => {
      if (values === undefined) return [];
      const when = isVariadic && index === args.length - 1 ? quoted(here) : at(index);
      return [`complete -c berth -n ${when} ${wordsOf(values)}`];
    }),
    ...options.map(
      (one) =>
        `complete -c berth -n ${words.length === 0 ? at(0) : quoted(here)} ${flagsOf(one)} -d ${quoted(one.summary)}`,
    ),
  ];
}

function flagsOf({ words, hasValue, values }: Option): string {
  const flags = words.map((word) => (word.startsWith("--") ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`));
  if (!hasValue) return flags.join(" ");
  return [...flags, "-r", ...(values === undefined ? [] : [wordsOf(values)])].join(" ");
}

function wordsOf(values: Values): string {
  if (values === "files") return "-F";
  return `-a ${typeof values === "string" ? `'(__berth_names ${values})'` : quoted(values.join(" "))}`;
}

/** In fish's single quotes only ' and \\ are anything but themselves. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
