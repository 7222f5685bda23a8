import { colorOf, describeChanges } from "../apply";
import { ask } from "../ask";
import { knowSettings } from "../change/known-settings";
import { changesOf } from "../changed-resources";
import { type Command, stackArgument, stackName } from "../command";
import { CommandError, Exit } from "../exit";
import { deletionsIn, describeDeletion } from "../nexus/deletion";
import { managedObjects } from "../nexus/managed";
import { holdsContent } from "../nexus/planned-deletions";
import { type OpenStack, openStack } from "../open-stack";
import type { Report } from "../report";
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
    await sayWhatWouldBeLost(open, report);
    if (!options["yes"])
      await ask(`Delete everything of the stack ${open.name}, its Nexus and what is in it?`);
    await knowSettings(open);
    const { summary } = await withLock(open, report, (run) =>
      open.stack.destroy({ color: colorOf(), onOutput: report.engine, ...run }),
    );
    const changes = changesOf(summary.resourceChanges);
    report.data({ changes }, () => describeChanges(changes));
    return Exit.done;
  },
};

/**
 * Names the repositories and blob stores that hold something.
 * @throws CommandError where the provider would refuse one: found out in the middle, half the stack would be gone
 */
async function sayWhatWouldBeLost(open: OpenStack, report: Report): Promise<void> {
  const planned = managedObjects(open.before).filter(holdsContent);
  const deletions = await deletionsIn(open, planned);
  const refused = deletions.filter((deletion) => deletion.refused);
  if (refused.length > 0) {
    throw new CommandError(
      `Nothing was deleted. Destroying the stack ${open.name}\n${refused.map(describeDeletion).join("\n")}\n` +
        "To lose them, set allowDataLoss: true below berth:nexus: while they are in the settings, run `berth up`, then destroy.",
    );
  }
  for (const deletion of deletions.filter(({ components }) => components !== 0)) {
    report.say(describeDeletion(deletion));
  }
}
