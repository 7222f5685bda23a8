import type { ToldRelease } from "../change/model/change";
import { codeSpan, link, textBlock } from "../change/note/markdown";
import { markerLine, type NoteMarker } from "../gitlab/note-marker";
import type { ToldUpdate, UpdatedApp } from "./told-update";

/** Where the update ran. */
export interface UpdateContext {
  /** The stack's, where it has one. */
  readonly identity?: string | undefined;
  readonly commit?: string | undefined;
  readonly pipeline?: { readonly id: string; readonly url?: string | undefined } | undefined;
  /** Address of the job, which has the log. */
  readonly job?: string | undefined;
}

/** Enough of an error to see what is wrong; the job's log has the rest. */
const ERROR_LINES = 20;
const ERROR_CHARACTERS = 4_000;

export function updateMarker(
  { project, stack }: ToldUpdate,
  { identity, commit, pipeline }: UpdateContext,
): NoteMarker {
  return { about: "update", project, stack, identity, pipeline: pipeline?.id, commit };
}

/** The update as Markdown, as GitLab renders it. Whatever is told is shown as text. */
export function renderUpdate(told: ToldUpdate, context: UpdateContext): string {
  const { failure, project, stack, apps, replaced = [], images = [] } = told;
  const where = codeSpan(`${project}/${stack}`);
  const title = failure ? `**The update of ${where} failed**` : `**Deployed** to ${where}`;
  return [
    markerLine(updateMarker(told, context)),
    title,
    "",
    ...apps.flatMap((app) => [
      `- ${appLine(app, failure !== undefined)}`,
      ...(app.files ?? []).map((file) => `  - ${codeSpan(file)}`),
    ]),
    ...replaced.map(
      ({ what, because }) => `- replaced ${what.map(codeSpan).join(", ")}, because ${codeSpan(because)}`,
    ),
    ...images.map((line) => `- ${codeSpan(line)}`),
    `- ${factsLine(told, context)}`,
    ...(failure ? ["", ...failureLines(failure, stack, context)] : []),
    "",
  ].join("\n");
}

function appLine({ app, was, before, after, url }: UpdatedApp, failed: boolean): string {
  const name = was === undefined ? codeSpan(app) : `${codeSpan(app)}, until now ${codeSpan(was)}`;
  const to = release(after);
  if (failed) {
    const stays = before ? `${release(before)} stays` : "nothing of it ran before";
    return `${name}: wanted was ${to}; ${stays}`;
  }
  const isSame = before?.digest !== undefined && before.digest === after?.digest;
  const way = isSame ? `${to}, as before` : `${before ? release(before) : "not deployed"} → ${to}`;
  return url ? `${name}: ${way}, at ${link(codeSpan(url), url)}` : `${name}: ${way}`;
}

function release(told: ToldRelease | undefined): string {
  if (!told?.tag && !told?.digest) return "nothing";
  const digest = told.digest ? codeSpan(told.digest) : "";
  return told.tag ? `${codeSpan(told.tag)}${digest && ` (${digest})`}` : digest;
}

function factsLine({ who, seconds, changes }: ToldUpdate, { commit, pipeline }: UpdateContext): string {
  const counts = Object.entries(changes ?? {}).map(([operation, count]) => `${count} ${operation}`);
  return [
    `by ${codeSpan(who)}`,
    commit && `of commit ${codeSpan(commit.slice(0, 12))}`,
    pipeline && `in ${link(`pipeline ${codeSpan(pipeline.id)}`, pipeline.url)}`,
    changes && (counts.length > 0 ? counts.join(", ") : "no changes"),
    duration(seconds),
  ]
    .filter(Boolean)
    .join("; ");
}

function failureLines(
  { text, locked }: NonNullable<ToldUpdate["failure"]>,
  stack: string,
  { job }: UpdateContext,
): string[] {
  const lines = text.trim().slice(0, ERROR_CHARACTERS).split("\n");
  const shown = lines.slice(0, ERROR_LINES);
  const isCut = lines.length > shown.length || text.trim().length > ERROR_CHARACTERS;
  const log = link("the job's log", job);
  const next = locked
    ? "Next: run the job again when the other run has ended."
    : `Next: see ${log}; then mend it and run the job again, or go back with ${codeSpan(`berth rollback ${stack}`)}.`;
  return [textBlock([...shown, ...(isCut ? ["…"] : [])]), "", next];
}

/** `12 s`, `3 min 5 s`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
