import { changeBlock, codeElement, codeSpan, link } from "../change/note/markdown";
import { NOTE_LIMIT, type NoteContext, Room } from "../change/note/note";
import { markerLine, type NoteMarker } from "../gitlab/note-marker";
import { type Drift, type DriftedResource, driftHash, driftHeadline } from "./drift";
import { wayBack } from "./drift-text";

/** An issue as GitLab has it: its title and its description in Markdown. */
export interface IssueText {
  readonly title: string;
  readonly description: string;
}

/** Room for the line about what was cut and the newlines between. */
const CLOSING = 2_000;

export function driftMarker(drift: Drift, { identity, pipeline }: NoteContext): NoteMarker {
  const { project, stack } = drift;
  return { about: "drift", project, stack, identity, pipeline: pipeline?.id, hash: driftHash(drift) };
}

/** The drift as an issue, cut between resources where it is longer than the limit. */
export function renderIssue(drift: Drift, context: NoteContext, limit = NOTE_LIMIT): IssueText {
  const { project, stack, resources } = drift;
  const { pipeline, whole } = context;
  const where = pipeline && link(`pipeline ${codeSpan(pipeline.id)}`, pipeline.url);
  const head = [
    markerLine(driftMarker(drift, context)),
    `**${driftHeadline(drift)}** in ${codeSpan(`${project}/${stack}`)}, by hand or by something other than Berth.`,
    "",
    `${where ? `Found by ${where}. ` : ""}This issue is kept up to date by \`berth drift ${stack} --issue\`, which closes it when the drift is gone.`,
    "",
  ].join("\n");
  const foot = `${wayBack(drift)}\n`;
  const shown = new Room(limit - head.length - foot.length - CLOSING).take(resources.map(block));
  const left = resources.length - shown.length;
  const cut = `**Cut here:** ${left} more, too long for an issue; see ${link("the job's log", whole)}.\n`;
  const title = `Drift in ${project}/${stack}: ${driftHeadline(drift)}`;
  return { title, description: [head, ...shown, ...(left > 0 ? [cut] : []), foot].join("\n") };
}

function block(resource: DriftedResource): string {
  const { state, name, what } = resource;
  if (state === "gone") return `**gone** ${codeSpan(what)} (${codeSpan(name)})\n`;
  const summary = `changed ${codeElement(what)} (${codeElement(name)})`;
  return `<details open>\n<summary>${summary}</summary>\n\n${changeBlock(resource)}\n\n</details>\n`;
}
