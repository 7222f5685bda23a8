import { colorOf, describeChanges } from "../apply";
import { ChangedResources, changesOf } from "../changed-resources";
import { type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { engineFailure, openStack } from "../open-stack";

export const preview: Command = {
  name: "preview",
  summary: "Show what `up` would change",
  effect: "read-only",
  args: [stackArgument],
  example: "berth preview dev",
  async run({ args: [stack], report }) {
    const open = await openStack(stackName(stack));
    const touched = new ChangedResources();
    const options = { diff: true, color: colorOf(), onOutput: report.engine, onEvent: touched.onEvent };
    const { changeSummary } = await open.stack.preview(options).catch(engineFailure);
    const changes = changesOf(changeSummary);
    report.data({ changes, steps: touched.changes }, () => describeChanges(changes));
    return Exit.done;
  },
};
