import { knownSecrets } from "./known-secrets";

/** Where a command's words go: data to standard output, everything else to standard error. */
export interface Report {
  /** `--json`: data is for a machine. */
  readonly json: boolean;
  /** The result: as JSON, or as the lines that `text` makes of it. */
  data(value: unknown, text: () => string): void;
  /** One of many results, as it comes: as JSON on a line of its own, or as the line that `text` makes of it. */
  line(value: unknown, text: () => string): void;
  /** One line about what happens, secrets taken out. */
  say(line: string): void;
  /** The engine's own output, as it comes but whole lines, secrets taken out: programs and providers print what they like. */
  engine(chunk: string): void;
}

export function consoleReport(json: boolean): Report {
  const heard = new WholeLines((text) => process.stderr.write(knownSecrets.scrub(text)));
  process.once("exit", () => heard.end());
  return {
    json,
    data: (value, text) => process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text()}\n`),
    line: (value, text) => process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`),
    say: (line) => {
      heard.end();
      process.stderr.write(`${knownSecrets.scrub(line)}\n`);
    },
    engine: (chunk) => heard.add(chunk),
  };
}

/** A secret that comes in two pieces would be found in neither. */
export class WholeLines {
  private rest = "";

  constructor(private readonly write: (text: string) => void) {}

  add(chunk: string): void {
    const text = this.rest + chunk;
    // The engine says by dots, a second each, that it is alive.
    const whole = /^(@ \w+)?\.*$/.test(text) ? text.length : text.lastIndexOf("\n") + 1;
    this.rest = text.slice(whole);
    if (whole > 0) this.write(text.slice(0, whole));
  }

  /** What has come of a last line. */
  end(): void {
    if (this.rest !== "") this.write(this.rest);
    this.rest = "";
  }
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

/** `always` where a person reads the engine's output on a terminal. */
export function colorOf(): "always" | "never" {
  return process.stderr.isTTY && !process.env.NO_COLOR ? "always" : "never";
}
