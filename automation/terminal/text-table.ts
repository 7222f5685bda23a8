import { widthOf } from "./screen";

/** Rows as aligned columns, two spaces apart. Columns that are empty in every row are left out with their heads. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_, column) => rows.some((row) => row[column]));
  const lines = [head, ...rows].map((row) => row.filter((_, column) => used[column]));
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The first of the texts that fits, each line of it; the last one where none does. */
export function fitting(columns: number, ...texts: readonly (() => string)[]): string {
  let made = "";
  for (const text of texts) {
    made = text();
    if (made.split("\n").every((line) => widthOf(line) <= columns)) return made;
  }
  return made;
}

/** A table with a line below each row, for what has no room in its columns. */
export function foldedTable(
  head: readonly string[],
  rows: readonly { readonly cells: readonly string[]; readonly below: readonly string[] }[],
  columns: number,
): string {
  const [first = "", ...lines] = textTable(
    head,
    rows.map(({ cells }) => cells),
  ).split("\n");
  const folded = lines.flatMap((line, index) => {
    const below = rows[index]!.below.filter((part) => part !== "");
    return [line, ...packed(below, columns)];
  });
  return [first, ...folded].join("\n");
}

const BELOW = "    ";

/** As many parts on a line as it has room for; one that is longer is cut between its words. */
function packed(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = `${lines.at(-1)}  ${part}`;
    if (lines.length > 0 && widthOf(longer) <= columns) lines.splice(-1, 1, longer);
    else lines.push(...wrapped(BELOW + part, columns, BELOW));
  }
  return lines;
}

/** Columns that a result has: a terminal's; without one nobody wraps lines. */
export function outputColumns(
  { isTTY, columns }: { isTTY?: boolean; columns?: number } = process.stdout,
): number {
  return isTTY ? columns || 80 : Number.POSITIVE_INFINITY;
}

/** The text in lines that fit, cut between words; those after the first begin with the indent. A longer word stays whole. */
export function wrapped(text: string, columns: number, indent = ""): string[] {
  const [begin = ""] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = begin;
  for (const word of text.trim().split(" ")) {
    const isFirst = line.trim() === "";
    const longer = isFirst ? line + word : `${line} ${word}`;
    if (isFirst || widthOf(longer) <= columns) line = longer;
    else {
      lines.push(line.trimEnd());
      line = indent + word;
    }
  }
  return [...lines, line];
}
