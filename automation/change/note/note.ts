import { bytesText } from "../../../components/values/bytes-text";
import { LONGEST_BANNER } from "../../gitlab/merge-request-notes";
import { markerLine } from "../../gitlab/note-marker";
import type { CopyForecast, FileChange } from "../model/change";
import {
  type Change,
  countsOf,
  interruptionsOf,
  NOTHING,
  type Operation,
  type PlannedChange,
  type ToldRelease,
} from "../model/change";
import { changeBlock, codeElement, codeSpan, diffBlock, link, oneLine } from "./markdown";

/** Where the change was previewed, and where all of it is. */
export interface NoteContext {
  /** The stack's, where it has one. */
  readonly identity?: string | undefined;
  readonly commit?: string | undefined;
  readonly pipeline?: { readonly id: string; readonly url?: string | undefined } | undefined;
  /** Address of the whole text, for where a note is too short for it. */
  readonly whole?: string | undefined;
}

/** GitLab's limit for a note, in characters (its setting `note_max_size`'s default). */
export const NOTE_LIMIT = 1_000_000;

const WORDS: Readonly<Record<Operation, string>> = {
  create: "to create",
  update: "to update",
  replace: "to replace",
  delete: "to delete",
  import: "to import",
  forget: "to forget",
};

/** What may lose something stands where it is seen without a click. */
const DANGEROUS: readonly Operation[] = ["replace", "delete"];

/** The change as Markdown, as GitLab renders it. Cut between resources where it is longer than the limit. */
export function renderNote(change: Change, context: NoteContext, limit = NOTE_LIMIT): string {
  const head = headOf(change, context);
  const dangerous = change.resources.filter(({ operation }) => DANGEROUS.includes(operation));
  const others = change.resources.filter(({ operation }) => !DANGEROUS.includes(operation));
  const folded = `<details>\n<summary>${others.length} more: ${counts(others)}</summary>\n`;
  const ending = footOf(change);
  const room = new Room(limit - head.length - ending.length - folded.length - CLOSING);
  const shown = room.take(dangerous.map(openBlock));
  const rest = room.take(others.map(block));
  const left = dangerous.length + others.length - shown.length - rest.length;
  return [
    head,
    ...shown,
    ...(rest.length > 0 ? [folded, ...rest, "</details>\n"] : []),
    ...(left > 0 ? [cutLine(left, context)] : []),
    ending,
  ].join("\n");
}

/** Characters for the end of the fold, the line about what was cut, the newlines between and a banner. */
const CLOSING = 2_000 + LONGEST_BANNER;

function headOf(change: Change, context: NoteContext): string {
  const { project, stack, releases, copies, files, losses, heals, renames, scales, runsOnce } = change;
  const { images, warnings } = change;
  const { identity, commit, pipeline } = context;
  const from = [
    commit && `commit ${codeSpan(commit.slice(0, 12))}`,
    pipeline && link(`pipeline ${codeSpan(pipeline.id)}`, pipeline.url),
  ].filter(Boolean);
  return [
    markerLine({ project, stack, identity, pipeline: pipeline?.id, commit }),
    `**${headline(change)}** in ${codeSpan(`${project}/${stack}`)}`,
    ...(from.length > 0 ? ["", `Previewed for ${from.join(", ")}.`] : []),
    ...section(losses.map((loss) => `- **Loses data:** ${codeSpan(loss)}`)),
    ...section(heals.map((fallen) => `- **Brings back:** ${codeSpan(fallen)}`)),
    ...section(renames.map((renamed) => `- **Renamed:** ${codeSpan(renamed)}`)),
    ...section(scales.map((scaled) => `- **Scaled:** ${codeSpan(scaled)}`)),
    ...section(
      releases.map(
        ({ app, before, after, where = [] }) =>
          `- ${codeSpan(app)}${where.length > 0 ? ` on ${where.map(codeSpan).join(", ")}` : ""}: ${release(before, "not deployed")} → ${release(after, "removed")}`,
      ),
    ),
    ...section([
      ...runsOnce.map((command) => `- **Runs once:** ${codeSpan(command)}`),
      ...interruptionsOf(change).map(
        (what) => `- **Interrupts:** ${what === NOTHING ? what : codeSpan(what)}`,
      ),
    ]),
    ...section(copies.map(copyLine)),
    ...files.flatMap(fileSection),
    ...section(warnings.map((warning) => `- **Warning:** ${codeSpan(warning)}`)),
    ...section(images.map((image) => `- Built of ${codeSpan(image)}`)),
    "",
  ].join("\n");
}

function section(lines: readonly string[]): string[] {
  return lines.length > 0 ? ["", ...lines] : [];
}

function footOf({ hash, secretsCompared }: Change): string {
  const secrets = secretsCompared ? "" : " Values of secrets are not part of it: there is no key for them.";
  return `Hash of this change: \`${hash}\`.${secrets}\n`;
}

/** `2 to create, 1 to bring back`. */
function headline({ resources, heals }: Change): string {
  const back = heals.length > 0 ? [`${heals.length} to bring back`] : [];
  const parts = [...(resources.length > 0 ? [counts(resources)] : []), ...back];
  return parts.join(", ") || "No changes";
}

/** `2 to create, 1 to replace`. */
function counts(resources: readonly PlannedChange[]): string {
  return Object.entries(countsOf(resources))
    .map(([operation, count]) => `${count} ${WORDS[operation as Operation]}`)
    .join(", ");
}

function release(told: ToldRelease | undefined, none: string): string {
  if (!told) return none;
  const byUpdate = told.isLookedUp ? "looked up by the update" : "built by the update";
  const digest = told.digest ? codeSpan(told.digest.slice(0, "sha256:".length + 12)) : byUpdate;
  return told.tag ? `${codeSpan(told.tag)} (${digest})` : digest;
}

function copyLine({ source, target, blobs, bytes, unknown }: CopyForecast): string {
  const way = `${codeSpan(source)} → ${codeSpan(target)}`;
  if (unknown !== undefined) return `- Copy ${way}: not known how much, ${codeSpan(unknown)}`;
  if (blobs === 0) return `- Copy ${way}: everything is there`;
  return `- Copy ${way}: ${blobs} ${blobs === 1 ? "blob" : "blobs"}, ${bytesText(bytes ?? 0)} to copy`;
}

function fileSection({
  app,
  file,
  mergeRequest,
  changes,
  hasWindowsLineEnds,
  unproven,
  unknown,
}: FileChange): string[] {
  const how = mergeRequest ? "by a merge request" : "as a commit";
  const what = `File ${codeSpan(file)} of ${codeSpan(app)}, ${how}`;
  if (unknown !== undefined) return ["", `- ${what}: not known what changes, ${codeSpan(unknown)}`];
  if (changes.length === 0) return ["", `- ${what}: nothing changes`];
  const all = hasWindowsLineEnds
    ? " (it has Windows line ends, and GitLab commits line feeds: every other line changes in that)"
    : "";
  const chart = unproven === undefined ? [] : ["", codeSpan(unproven)];
  return ["", `${what}${all}:`, "", diffBlock(changes.flatMap(lineDiff)), ...chart];
}

/** With a bar before the line, as none may begin with a slash or with backticks. */
function lineDiff({ line, old, new: next }: FileChange["changes"][number]): string[] {
  return [`  ${line}:`, `- | ${oneLine(old)}`, `+ | ${oneLine(next)}`];
}

/** Its name and the reason outside of the fold. */
function openBlock(change: PlannedChange): string {
  const { operation, name, what = name, because } = change;
  const why = because === undefined ? "" : `, because ${codeSpan(because)}`;
  return `**${operation}** ${codeSpan(what)} (${codeSpan(name)})${why}\n\n${fold("properties", change)}`;
}

function block(change: PlannedChange): string {
  const { operation, name, what = name } = change;
  return fold(`${operation} ${codeElement(what)} (${codeElement(name)})`, change);
}

/** @param summary HTML */
function fold(summary: string, change: PlannedChange): string {
  return `<details>\n<summary>${summary}</summary>\n\n${changeBlock(change)}\n\n</details>\n`;
}

function cutLine(left: number, { whole }: NoteContext): string {
  const where = link("the whole change", whole);
  return `**Cut here:** ${left} more ${left === 1 ? "resource" : "resources"}, too long for a note; see ${where}${whole ? "" : " (preview.md)"}.\n`;
}

/** Room in a text of limited length: takes whole blocks, and none after the first that is too long. */
export class Room {
  private full = false;

  /** @param left characters */
  constructor(private left: number) {}

  /** What is there is the beginning of all. */
  take(blocks: readonly string[]): string[] {
    return blocks.filter((text) => {
      this.full ||= text.length + 1 > this.left;
      if (!this.full) this.left -= text.length + 1;
      return !this.full;
    });
  }
}
