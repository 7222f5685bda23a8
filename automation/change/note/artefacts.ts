import { join } from "node:path";
import { writeResult } from "../../terminal/write-result";
import { type Change, countsOf } from "../model/change";
import { type NoteContext, renderNote } from "./note";

/** Counts for GitLab's widget (`artifacts:reports:terraform`); a replacement is a deletion and a creation. */
export function terraformReport({ resources }: Change): { create: number; update: number; delete: number } {
  const {
    create = 0,
    import: imported = 0,
    update = 0,
    replace = 0,
    delete: deleted = 0,
  } = countsOf(resources);
  return { create: create + imported + replace, update, delete: deleted + replace };
}

/** Writes preview.md, preview.json and terraform-report.json. Only the last one is fit for everybody's eyes. */
export function writeArtefacts(directory: string, change: Change, context: NoteContext): void {
  const write = (name: string, text: string) => writeResult("--out", join(directory, name), text);
  write("preview.md", renderNote(change, context, Number.POSITIVE_INFINITY));
  write("preview.json", `${JSON.stringify({ ...change, commit: context.commit }, null, 2)}\n`);
  write("terraform-report.json", `${JSON.stringify(terraformReport(change))}\n`);
}
