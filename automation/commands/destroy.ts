import { createInterface } from "node:readline/promises";
import { colorOf, describeChanges } from "../apply";
import { changesOf } from "../changed-resources";
import { type Command, stackArgument, stackName } from "../command";
import { CommandError, Exit } from "../exit";
import { openStack } from "../open-stack";
import { withLock } from "../with-lock";

export const destroy: Command = {
  name: "destroy",
  summary: "Delete everything the stack made",
  effect: "destroys",
  args: [stackArgument],
  options: [{ flags: "--yes", summary: "don't ask" }],
  example: "berth destroy dev --yes",
  async run({ args: [stack], options, report }) {
    const open = await openStack(stackName(stack));
    if (!options["yes"])
      await ask(`Delete everything of the stack ${open.name}, its Nexus and what is in it?`);
    const { summary } = await withLock(open, report, () =>
      open.stack.destroy({ color: colorOf(), onOutput: report.engine }),
    );
    const changes = changesOf(summary.resourceChanges);
    report.data({ changes }, () => describeChanges(changes));
    return Exit.done;
  },
};

async function ask(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new CommandError(`${question} Without a terminal to ask on, say --yes.`, Exit.usage);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} Type yes: `);
  terminal.close();
  if (answer.trim() !== "yes") throw new CommandError("Nothing was deleted.");
}
