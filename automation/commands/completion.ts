import { bashCompletion, zshCompletion } from "../completion/bash";
import { fishCompletion } from "../completion/fish";
import { placesOf } from "../completion/words";
import { type Command, type CommandGroup, defineCommand } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** @param commands all of them, loaded when they are asked for */
export function completion(commands: () => (Command | CommandGroup)[]): Command {
  return defineCommand({
    name: "completion",
    summary: "Print what completes commands, options, stacks and apps in a shell: bash, zsh or fish",
    effect: "read-only",
    args: [{ name: "<shell>", summary: Object.keys(SHELLS).join(", "), values: Object.keys(SHELLS) }],
    example: "berth completion bash > ~/.local/share/bash-completion/completions/berth",
    async run({ args: [shell], report }) {
      if (shell === undefined || !Object.hasOwn(SHELLS, shell))
        throw new CommandError(
          `berth completion ${shell}: expected ${Object.keys(SHELLS).join(", ")}`,
          Exit.usage,
        );
      const script = SHELLS[shell as keyof typeof SHELLS](placesOf(commands()));
      report.data({ shell, script }, () => script.trimEnd());
      return Exit.done;
    },
  });
}
