import { elsewhereText, nextCommands, statusText } from "../status/status-text";
import { whereWeAre } from "../status/where-we-are";
import { defineCommand } from "../terminal/command";
import { Exit } from "../terminal/exit";

export const status = defineCommand({
  name: "status",
  summary: "Say where you are: the stacks, what each runs, what has changed since, what makes sense now",
  effect: "read-only",
  example: "berth",
  async run({ report }) {
    const from = process.cwd();
    const where = await whereWeAre();
    const found = where && { ...where, next: nextCommands(where) };
    report.data(found ?? { project: null, folder: from, stacks: [] }, () =>
      where ? statusText(where) : elsewhereText(from),
    );
    return Exit.done;
  },
});
