import { basename } from "node:path";
import { settingsText, shownSettings } from "../stack-file/shown-settings";
import { StackFile } from "../stack-file/stack-file";
import { type CommandGroup, defineCommand, stackArgument, stackName } from "../terminal/command";
import { Exit } from "../terminal/exit";

const show = defineCommand({
  name: "show",
  summary: "Show the settings as Berth understands them, with every default; secrets are hidden",
  effect: "read-only",
  args: [stackArgument],
  example: "berth config show dev",
  async run({ args: [stack], report }) {
    const file = await StackFile.open(stackName(stack));
    const shown = shownSettings(file.settings(), { file: file.own(), all: file.raw() });
    report.data({ file: file.path, ...shown }, () => settingsText(shown, basename(file.path)));
    return Exit.done;
  },
});

export const config: CommandGroup = {
  name: "config",
  summary: "Look at the stack's settings: show",
  commands: [show],
};
