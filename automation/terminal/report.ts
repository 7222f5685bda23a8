import { knownSecrets } from "./known-secrets";
import { RunLog } from "./run-log";
import { Screen } from "./screen";

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
  /**
   * The engine's own output, as it comes but whole lines, secrets taken out: programs and providers print what they like. It is kept
   * in a file, and said to people where they ask for it.
   */
  engine(chunk: string): void;
  /** Where people see what happens. What is written there has no secrets any more. */
  readonly screen: Screen;
  /** Where the engine's output is; undefined where there was none. */
  engineLog(): string | undefined;
}

export interface ReportOptions {
  /** In the log's name. @default "berth" */
  readonly command?: string;
  /** The engine's output is said, too. @default false */
  readonly verbose?: boolean;
}

export function consoleReport(json: boolean, options: ReportOptions = {}): Report {
  const { command = "berth", verbose = false } = options;
  const screen = new Screen(process.stderr, process.env, verbose);
  const log = new RunLog(command);
  const heard = new WholeLines((text) => {
    const clean = knownSecrets.scrub(text);
    log.write(clean);
    if (verbose) screen.raw(clean);
  });
  atExit(() => {
    heard.end();
    screen.show([]);
  });
  return {
    json,
    screen,
    engineLog: () => log.told,
    data: (value, text) => process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text()}\n`),
    line: (value, text) => process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`),
    say: (line) => {
      heard.end();
      screen.print(knownSecrets.scrub(line));
    },
    engine: (chunk) => heard.add(chunk),
  };
}

const endings: (() => void)[] = [];

/** One listener for all: Node takes more than ten for a leak. */
function atExit(end: () => void): void {
  if (endings.push(end) > 1) return;
  process.once("exit", () => {
    for (const one of endings) one();
  });
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
