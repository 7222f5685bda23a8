/** Columns as wide as their widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[], indent = ""): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, column) =>
        column === row.length - 1 ? cell : cell.padEnd(widths[column]! + 2),
      );
      return indent + cells.join("");
    })
    .join("\n");
}

/** `now`, `5 minutes ago`. */
export function ago(time: Date, now = new Date()): string {
  const seconds = Math.max(0, Math.round((now.getTime() - time.getTime()) / 1000));
  const units: [number, string][] = [
    [86_400, "day"],
    [3600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  const found = units.find(([size]) => seconds >= size);
  if (!found) return "now";
  const count = Math.floor(seconds / found[0]);
  return `${count} ${found[1]}${count === 1 ? "" : "s"} ago`;
}
