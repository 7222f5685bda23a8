import { colorOf, describeChanges } from "../apply";
import { type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { changesOf, engineFailure, openStack } from "../open-stack";

export const preview: Command = {
  name: "preview",
  summary: "Show what `up` would change",
  effect: "read-only",
  args: [stackArgument],
  example: "berth preview dev",
  async run({ args: [stack], report }) {
    const open = await openStack(stackName(stack));
    const options = { diff: true, color: colorOf(), onOutput: report.engine };
    const { changeSummary } = await open.stack.preview(options).catch(engineFailure);
    const changes = changesOf(changeSummary);
    report.data({ changes }, () => describeChanges(changes));
    return Exit.done;
  },
};
