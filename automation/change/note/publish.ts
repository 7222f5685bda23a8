import { join, resolve } from "node:path";
import { messageOf } from "../../../components/values/error-facts";
import { projectName } from "../../engine/project";
import type { Notes } from "../../gitlab/fork-notes";
import { artefactLink, gitlabRun } from "../../gitlab/gitlab";
import type { PutNote } from "../../gitlab/merge-request-notes";
import type { NoteMarker } from "../../gitlab/note-marker";
import type { Report } from "../../terminal/report";
import type { Change } from "../model/change";
import { writeArtefacts } from "./artefacts";
import { codeSpan, link } from "./markdown";
import { type NoteContext, renderNote } from "./note";

/** What a merge request's readers are told besides the change, as the job's environment has it. */
export function noteContext(out: string | undefined, identity?: string): NoteContext {
  const { commit, pipeline } = gitlabRun();
  return { identity, commit, pipeline, whole: out && artefactLink(join(out, "preview.md")) };
}

/** @param out a folder, made where it isn't there */
export function publishArtefacts(out: string, change: Change, report: Report): void {
  writeArtefacts(out, change, noteContext(out));
  report.say(`Wrote preview.md, preview.json and terraform-report.json into ${resolve(out)}.`);
}

/** Writes the change into the merge request. */
export async function publishNote(
  notes: Notes,
  change: Change,
  { out, identity }: { readonly out: string | undefined; readonly identity?: string },
  report: Report,
): Promise<PutNote> {
  const context = noteContext(out, identity);
  const put = await notes.put(markerOf(change, context), renderNote(change, context));
  report.say(
    put.result === "left" ? `No note was written: ${put.why}.` : `The note was ${put.result}: ${put.url}`,
  );
  return put;
}

/** Marks the note that is there as out of date, after a preview that failed. Never hides why that failed. */
export async function publishFailure(
  notes: Notes,
  whose: Pick<NoteMarker, "stack" | "identity">,
  report: Report,
): Promise<void> {
  const { commit, pipeline, job } = gitlabRun();
  const which = commit ? `the preview of ${codeSpan(commit.slice(0, 12))}` : "the next preview";
  const marker = { project: projectName(), ...whose, pipeline: pipeline?.id, commit };
  try {
    const put = await notes.markStale(marker, `It is of an earlier commit; ${which} ${link("failed", job)}.`);
    if (put.result === "updated") report.say("The note in the merge request says that it is out of date.");
  } catch (error) {
    report.say(messageOf(error));
  }
}

function markerOf({ project, stack }: Change, { identity, commit, pipeline }: NoteContext) {
  return { project, stack, identity, pipeline: pipeline?.id, commit };
}
