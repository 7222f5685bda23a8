import type { PlannedChange, PropertyChange } from "./change";
import type { Shown } from "./shown";
import { oneLine } from "./text-escapes";

/** Unchanged lines that are shown around changed ones of a longer text. */
const CONTEXT = 2;

/** What happens to a resource, in the lines of a diff: `-` before, `+` after, a space for what is only said. */
export function diffLines({ properties, secrets }: Pick<PlannedChange, "properties" | "secrets">): string[] {
  const lines = properties.flatMap(propertyLines);
  if (lines.length > 0) return lines;
  return [secrets === undefined ? "  (the engine tells no properties)" : "  (only secrets)"];
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
export function valueText(value: Shown): string {
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
