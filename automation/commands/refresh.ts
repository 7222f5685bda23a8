import { colorOf, describeChanges } from "../apply";
import { knowSettings } from "../change/known-settings";
import { changesOf } from "../changed-resources";
import { type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { openStack } from "../open-stack";
import { withLock } from "../with-lock";

export const refresh: Command = {
  name: "refresh",
  summary: "Bring the stack's state up to date with the world",
  effect: "changes the stack",
  args: [stackArgument],
  example: "berth refresh dev",
  async run({ args: [stack], report }) {
    const open = await openStack(stackName(stack));
    await knowSettings(open);
    const { summary } = await withLock(open, report, (run) =>
      open.stack.refresh({ color: colorOf(), onOutput: report.engine, ...run }),
    );
    const changes = changesOf(summary.resourceChanges);
    report.data({ changes }, () => describeChanges(changes));
    return Exit.done;
  },
};
