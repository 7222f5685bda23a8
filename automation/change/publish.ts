import { join, resolve } from "node:path";
import type { Notes } from "../ci/fork-notes";
import { artefactLink, gitlabRun } from "../ci/gitlab";
import type { PutNote } from "../ci/merge-request-notes";
import { projectName } from "../project";
import type { Report } from "../report";
import { writeArtefacts } from "./artefacts";
import type { Change } from "./change";
import { type NoteContext, renderNote } from "./note";
import { codeSpan, link } from "./text-escapes";

/** What a merge request's readers are told besides the change, as the job's environment has it. */
export function noteContext(out: string | undefined): NoteContext {
  const { commit, pipeline } = gitlabRun();
  return { commit, pipeline, whole: out && artefactLink(join(out, "preview.md")) };
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
  out: string | undefined,
  report: Report,
): Promise<PutNote> {
  const context = noteContext(out);
  const render = (head: string | undefined) => {
    const stale =
      head && `It was previewed for another commit; the merge request is at ${codeSpan(head.slice(0, 12))}.`;
    return renderNote(change, { ...context, stale });
  };
  const put = await notes.put(markerOf(change, context), render);
  report.say(
    put.result === "left" ? `No note was written: ${put.why}.` : `The note was ${put.result}: ${put.url}`,
  );
  return put;
}

/** Marks the note that is there as out of date, after a preview that failed. Never hides why that failed. */
export async function publishFailure(notes: Notes, stack: string, report: Report): Promise<void> {
  const { commit, pipeline, job } = gitlabRun();
  const which = commit ? `the preview of ${codeSpan(commit.slice(0, 12))}` : "the next preview";
  const marker = { project: projectName(), stack, pipeline: pipeline?.id, commit };
  try {
    const put = await notes.markStale(marker, `It is of an earlier commit; ${which} ${link("failed", job)}.`);
    if (put.result === "updated") report.say("The note in the merge request says that it is out of date.");
  } catch (error) {
    report.say((error as Error).message);
  }
}

function markerOf({ project, stack }: Change, { commit, pipeline }: NoteContext) {
  return { project, stack, pipeline: pipeline?.id, commit };
}
