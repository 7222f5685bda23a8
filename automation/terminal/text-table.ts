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
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line];
}
