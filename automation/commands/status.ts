import { elsewhereText, nextCommands, statusText } from "../status/status-text";
import { type WhereWeAre, whereWeAre } from "../status/where-we-are";
import { defineCommand } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";

export const status = defineCommand({
  name: "status",
  summary: "Say where you are: the stacks, what each runs, what has changed since, what makes sense now",
  effect: "read-only",
  example: "berth",
  async run({ report }) {
    const from = process.cwd();
    const where = await whereWeAre().catch(noProject);
    const found = where && { ...where, next: nextCommands(where) };
    report.data(found ?? { project: null, folder: from, stacks: [] }, () =>
      where ? statusText(where) : elsewhereText(from),
    );
    return Exit.done;
  },
});

/** Outside of a project there is something to say, too. */
function noProject(error: unknown): WhereWeAre | undefined {
  if (error instanceof CommandError && /no Pulumi\.yaml/.test(error.message)) return undefined;
  throw error;
}
