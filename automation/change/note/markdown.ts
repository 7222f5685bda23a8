import type { PlannedChange, PropertyChange } from "../model/change";
import type { Shown } from "../model/shown";

// Whatever stands in a value is shown as text: no markup, no mention, no link, no command comes to life.

/** Unchanged lines that are shown around changed ones of a longer text. */
const CONTEXT = 2;

/** Characters that can't be seen or that turn the direction of what follows; a space and a tab can do no harm. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** The text on one line, `\n` and what can't be seen as escapes. */
export function oneLine(text: string): string {
  return text.replace(INVISIBLE, (one) => {
    const named: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return named[one] ?? `\\u{${one.codePointAt(0)!.toString(16)}}`;
  });
}

/** A code span (CommonMark 6.1): fenced by more backticks than there are in it. */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  const fence = "`".repeat(longestRun(line) + 1);
  // One space on each side is taken away again; without it a backtick at the end would join the fence.
  const padded = /^`|`$|^ .* $/.test(line) || line === "" ? ` ${line} ` : line;
  return `${fence}${padded}${fence}`;
}

/** The same within HTML, where markdown isn't looked for; in `code`, GitLab makes no references and links of it either. */
export function codeElement(text: string): string {
  const entities = oneLine(text).replace(/[^\p{L}\p{N} ]/gu, (one) => `&#${one.codePointAt(0)};`);
  return `<code>${entities}</code>`;
}

/** A link where the address is one, else the text alone. */
export function link(text: string, address: string | undefined): string {
  if (!address || !/^https?:\/\/[^\s<>"'`\\]+$/.test(address)) return text;
  return `[${text}](<${address}>)`;
}

/** What happens to a resource, as a code block. */
export function changeBlock(change: Pick<PlannedChange, "properties" | "secrets">): string {
  return diffBlock(diffLines(change));
}

/** What happens to a resource, in the lines of a diff: `-` before, `+` after, a space for what is only said. */
export function diffLines({ properties, secrets }: Pick<PlannedChange, "properties" | "secrets">): string[] {
  const lines = properties.flatMap(propertyLines);
  if (lines.length > 0) return lines;
  return [secrets === undefined ? "  (the engine tells no properties)" : "  (only secrets)"];
}

/** A code block of GitLab's diff colours. Its fence is longer than anything in it. */
export function diffBlock(lines: readonly string[]): string {
  return block("diff", lines);
}

/** A code block of plain text. There is a bar before each line: none may begin with a slash, a command to GitLab. */
export function textBlock(lines: readonly string[]): string {
  return block(
    "",
    lines.map((line) => `| ${oneLine(line)}`),
  );
}

function block(language: string, lines: readonly string[]): string {
  const text = lines.join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

function propertyLines({ path, old, new: next, replaces }: PropertyChange): string[] {
  const name = oneLine(path);
  const why = replaces ? "  ← replaces" : "";
  if (isLong(old) || isLong(next)) return [`~ ${name}:${why}`, ...textLines(linesOf(old), linesOf(next))];
  return [
    ...(old === undefined ? [] : [`- ${name}: ${valueText(old)}`]),
    ...(next === undefined ? [] : [`+ ${name}: ${valueText(next)}`]),
  ].map((line, index) => (index === 0 ? line + why : line));
}

/** `"a"`, `3`, `{"a":1}`; what stands for a value that isn't told has no quotes. */
function valueText(value: Shown): string {
  const isWord = typeof value === "string" && /^\[(secret|known after the update)\]$/.test(value);
  return isWord ? value : oneLine(JSON.stringify(value));
}

function isLong(value: Shown | undefined): boolean {
  return typeof value === "string" && value.trimEnd().includes("\n");
}

function linesOf(value: Shown | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? value.split("\n").map(oneLine) : [valueText(value)];
}

/**
 * What is the same at the beginning and at the end is left out, but for a few lines. There is a bar before each line: none
 * may begin with a slash, which would be a command to GitLab, or with backticks.
 */
function textLines(old: readonly string[], next: readonly string[]): string[] {
  const shortest = Math.min(old.length, next.length);
  let head = 0;
  while (head < shortest && old[head] === next[head]) head++;
  let tail = 0;
  while (tail < shortest - head && old.at(-1 - tail) === next.at(-1 - tail)) tail++;
  const [from, to] = [Math.max(0, head - CONTEXT), old.length - Math.max(0, tail - CONTEXT)];
  return [
    ...(from > 0 ? ["  | …"] : []),
    ...old.slice(from, head).map((line) => `  | ${line}`),
    ...old.slice(head, old.length - tail).map((line) => `- | ${line}`),
    ...next.slice(head, next.length - tail).map((line) => `+ | ${line}`),
    ...old.slice(old.length - tail, to).map((line) => `  | ${line}`),
    ...(to < old.length ? ["  | …"] : []),
  ];
}
