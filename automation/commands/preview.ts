import type { EngineEvent } from "@pulumi/pulumi/automation";
import { colorOf, describeChanges } from "../apply";
import { ChangedResources, changesOf } from "../changed-resources";
import { type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { deletionsIn, describeDeletion } from "../nexus/deletion";
import { PlannedDeletions } from "../nexus/planned-deletions";
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
    const planned = new PlannedDeletions();
    const onEvent = (event: EngineEvent) => {
      touched.onEvent(event);
      planned.onEvent(event);
    };
    const options = { diff: true, color: colorOf(), onOutput: report.engine, onEvent };
    const { changeSummary } = await open.stack.preview(options).catch(engineFailure);
    const changes = changesOf(changeSummary);
    const deletions = await deletionsIn(open, planned.objects);
    report.data({ changes, steps: touched.changes, deletions }, () =>
      [describeChanges(changes), ...deletions.map(describeDeletion)].join("\n"),
    );
    return Exit.done;
  },
};
