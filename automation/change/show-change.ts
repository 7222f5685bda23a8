import { resolve } from "node:path";
import { describeChanges } from "../apply";
import type { Notes } from "../ci/fork-notes";
import { mergeRequestNotes } from "../ci/gitlab";
import type { Invocation } from "../command";
import type { OpenStack } from "../open-stack";
import type { Report } from "../report";
import { shortName } from "../stack-name";
import { lossAdvice } from "../volume-losses";
import { publishArtefacts, publishFailure, publishNote } from "./publish";
import { review } from "./review";

export const outOption = {
  flags: "--out <dir>",
  summary: "write preview.md, preview.json and terraform-report.json there",
};

/** Where a change is shown besides on the terminal. */
export interface ShowTo {
  /** A folder, as an absolute path. */
  readonly out: string | undefined;
  readonly notes: Notes | undefined;
}

/**
 * To be asked before the stack is opened: `--out` is relative to where the command was called.
 * @throws CommandError (exit 2) where there is no merge request, or no token, for `--note`
 */
export function showTo({ note, out }: Invocation["options"]): ShowTo {
  return {
    out: out === undefined ? undefined : resolve(String(out)),
    notes: note ? mergeRequestNotes() : undefined,
  };
}

/** Previews the stack and shows what would change, with the hash of it. */
export async function showChange(open: OpenStack, { out, notes }: ShowTo, report: Report): Promise<void> {
  const forecasts = notes !== undefined || out !== undefined;
  const reviewed = await review(open, report, { forecasts }).catch(async (error: Error) => {
    if (notes) await publishFailure(notes, { stack: shortName(open.name), ...open.before.identity }, report);
    throw error;
  });
  const { change, changes, steps, deletions, volumes } = reviewed;
  if (out !== undefined) publishArtefacts(out, change, report);
  const note = notes && (await publishNote(notes, change, { out, ...open.before.identity }, report));
  const { hash, heals, renames, images, losses, warnings } = change;
  report.data({ changes, steps, deletions, volumes, heals, renames, images, warnings, hash, note }, () =>
    [
      ...losses.map((loss) => `LOSES DATA: ${loss}`),
      ...lossAdvice(volumes),
      ...heals.map((fallen) => `BRINGS BACK: ${fallen}`),
      ...renames.map((renamed) => `renamed: ${renamed}`),
      ...images.map((image) => `built of: ${image}`),
      ...warnings.map((warning) => `warning: ${warning}`),
      describeChanges(changes),
      `hash: ${hash}`,
    ].join("\n"),
  );
}
