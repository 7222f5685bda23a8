import { resolve } from "node:path";
import { describeChanges } from "../engine/changed-resources";
import { shortName } from "../engine/project";
import type { Notes } from "../gitlab/fork-notes";
import { mergeRequestNotes } from "../gitlab/gitlab";
import { fileLines } from "../gitops/file-lines";
import type { OpenStack } from "../stack/open-stack";
import { lossAdvice } from "../stack/volume-losses";
import type { Report } from "../terminal/report";
import { outputColumns } from "../terminal/text-table";
import { changeText } from "./change-text";
import { interruptionsOf } from "./model/change";
import { publishArtefacts, publishFailure, publishNote } from "./note/publish";
import { review } from "./review";
import { replacedOf } from "./told-replacements";

export const outOption = {
  flags: "--out <dir>",
  summary: "write preview.md, preview.json and terraform-report.json there",
  values: "files",
} as const;

export const diffOption = {
  flags: "--diff",
  summary: "show each property that would change, as the note has it",
} as const;

interface ShowOptions {
  readonly diff?: boolean | undefined;
  readonly note?: boolean | undefined;
  readonly out?: string | undefined;
}

/** Where a change is shown besides on the terminal. */
export interface ShowTo {
  /** A folder, as an absolute path. */
  readonly out: string | undefined;
  readonly notes: Notes | undefined;
  /** Each changed property, too. */
  readonly diff: boolean;
}

/**
 * To be asked before the stack is opened: `--out` is relative to where the command was called.
 * @throws CommandError (exit 2) where there is no merge request, or no token, for `--note`
 */
export function showTo({ note, out, diff = false }: ShowOptions): ShowTo {
  return {
    diff,
    out: out === undefined ? undefined : resolve(out),
    notes: note ? mergeRequestNotes() : undefined,
  };
}

/** Previews the stack and shows what would change, with the hash of it. */
export async function showChange(
  open: OpenStack,
  { out, notes, diff }: ShowTo,
  report: Report,
): Promise<void> {
  const forecasts = notes !== undefined || out !== undefined;
  const reviewed = await review(open, report, { forecasts }).catch(async (error: Error) => {
    if (notes) await publishFailure(notes, { stack: shortName(open.name), ...open.before.identity }, report);
    throw error;
  });
  const { change, changes, steps, deletions, volumes } = reviewed;
  if (out !== undefined) publishArtefacts(out, change, report);
  const note = notes && (await publishNote(notes, change, { out, ...open.before.identity }, report));
  const { hash, files, heals, renames, scales, runsOnce, interrupts, images, losses, warnings } = change;
  const replaced = replacedOf(change.resources);
  report.data(
    {
      changes,
      steps,
      replaced,
      deletions,
      volumes,
      files,
      heals,
      renames,
      scales,
      runsOnce,
      interrupts,
      images,
      warnings,
      hash,
      note,
    },
    () =>
      [
        ...losses.map((loss) => `LOSES DATA: ${loss}`),
        ...lossAdvice(volumes),
        ...heals.map((fallen) => `BRINGS BACK: ${fallen}`),
        ...renames.map((renamed) => `renamed: ${renamed}`),
        ...scales.map((scaled) => `scaled: ${scaled}`),
        ...runsOnce.map((command) => `runs once: ${command}`),
        ...interruptionsOf(change).map((what) => `interrupts: ${what}`),
        ...files.flatMap(fileLines),
        ...images.map((image) => `built of: ${image}`),
        ...warnings.map((warning) => `warning: ${warning}`),
        ...changeText(change, diff, outputColumns()),
        describeChanges(changes),
        `hash: ${hash}`,
      ].join("\n"),
  );
}
