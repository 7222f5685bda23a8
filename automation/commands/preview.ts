import { resolve } from "node:path";
import { describeChanges } from "../apply";
import { publishArtefacts, publishFailure, publishNote } from "../change/publish";
import { review } from "../change/review";
import { mergeRequestNotes } from "../ci/gitlab";
import { type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { describeDeletion } from "../nexus/deletion";
import { openStack } from "../open-stack";

export const preview: Command = {
  name: "preview",
  summary: "Show what `up` would change",
  effect: "read-only",
  args: [stackArgument],
  options: [
    { flags: "--note", summary: "write it into the merge request of the GitLab job ($BERTH_GITLAB_TOKEN)" },
    { flags: "--out <dir>", summary: "write preview.md, preview.json and terraform-report.json there" },
  ],
  example: "berth preview dev --out change",
  async run({ args: [stack], options, report }) {
    const name = stackName(stack);
    // Relative to where the command was called; opening the stack goes to the project.
    const out = options["out"] === undefined ? undefined : resolve(String(options["out"]));
    const notes = options["note"] ? mergeRequestNotes() : undefined;
    const forecasts = notes !== undefined || out !== undefined;
    const open = await openStack(name);
    const reviewed = await review(open, report, { forecasts }).catch(async (error: Error) => {
      if (notes) await publishFailure(notes, name, report);
      throw error;
    });
    const { change, changes, steps, deletions } = reviewed;
    if (out !== undefined) publishArtefacts(out, change, report);
    const note = notes && (await publishNote(notes, change, out, report));
    report.data({ changes, steps, deletions, hash: change.hash, note }, () =>
      [describeChanges(changes), ...deletions.map(describeDeletion), `hash: ${change.hash}`].join("\n"),
    );
    return Exit.done;
  },
};
