import { describeChanges } from "../apply";
import { review } from "../change/review";
import { type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { describeDeletion } from "../nexus/deletion";
import { openStack } from "../open-stack";

export const preview: Command = {
  name: "preview",
  summary: "Show what `up` would change",
  effect: "read-only",
  args: [stackArgument],
  example: "berth preview dev",
  async run({ args: [stack], report }) {
    const open = await openStack(stackName(stack));
    const { change, changes, steps, deletions } = await review(open, report);
    report.data({ changes, steps, deletions, hash: change.hash, change }, () =>
      [describeChanges(changes), ...deletions.map(describeDeletion), `hash: ${change.hash}`].join("\n"),
    );
    return Exit.done;
  },
};
