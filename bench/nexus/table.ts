/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

export const inSeconds = (value: number | undefined) => (value === undefined ? "" : `${value.toFixed(2)} s`);
export const asRatio = (value: number | undefined) => (value === undefined ? "" : value.toFixed(2));
