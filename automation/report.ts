/** Where a command's words go: data to standard output, everything else to standard error. */
export interface Report {
  /** `--json`: data is for a machine. */
  readonly json: boolean;
  /** The result: as JSON, or as the lines that `text` makes of it. */
  data(value: unknown, text: () => string): void;
  /** One of many results, as it comes: as JSON on a line of its own, or as the line that `text` makes of it. */
  line(value: unknown, text: () => string): void;
  /** One line about what happens. */
  say(line: string): void;
  /** The engine's own output, as it comes. */
  engine(chunk: string): void;
}

export function consoleReport(json: boolean): Report {
  return {
    json,
    data: (value, text) => process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text()}\n`),
    line: (value, text) => process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`),
    say: (line) => process.stderr.write(`${line}\n`),
    engine: (chunk) => process.stderr.write(chunk),
  };
}

/** `blog: http://…` lines of nested values, two spaces a level. Of a text of several lines only the first is shown. */
export function outline(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return `${indent}${line(value)}`;
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) =>
      typeof inner === "object" && inner !== null && Object.keys(inner).length > 0
        ? `${indent}${key}:\n${outline(inner, `${indent}  `)}`
        : `${indent}${key}: ${typeof inner === "object" ? "none" : line(inner)}`,
    )
    .join("\n");
}

function line(value: unknown): string {
  const [first = "", ...more] = String(value).trimEnd().split("\n");
  return more.length === 0 ? first : `${first} … (${more.length + 1} lines; --json has them)`;
}
