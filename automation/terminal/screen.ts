import { stripVTControlCharacters } from "node:util";

export interface ScreenOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

const DEFAULT = { columns: 80, rows: 24 };
/** Without a terminal nobody wraps lines. */
const WITHOUT_TERMINAL = 200;

/**
 * Where a run speaks to people. What is printed stays; below it stand the lines on what is under way, each time in the place of those
 * before. Where nothing can be replaced (no terminal, TERM=dumb, `--verbose`) these are not shown.
 */
export class Screen {
  /** Lines can be replaced. */
  readonly isLive: boolean;
  readonly hasColor: boolean;
  /** When something that stays was last written, in milliseconds. */
  lastPrint = Date.now();
  private shown: readonly string[] = [];
  /** The engine says by dots, without a line's end, that it is alive. */
  private isWithinLine = false;

  constructor(
    private readonly output: ScreenOutput,
    env: NodeJS.ProcessEnv,
    /** The engine's own output is here, too. */
    readonly isVerbose = false,
  ) {
    const isTerminal = output.isTTY === true && env["TERM"] !== "dumb";
    this.isLive = isTerminal && !isVerbose;
    this.hasColor = isTerminal && !env["NO_COLOR"];
  }

  get columns(): number {
    return this.output.isTTY ? this.output.columns || DEFAULT.columns : WITHOUT_TERMINAL;
  }

  /**
   * A line that stays.
   * @param under what is under way now @default as before
   */
  print(line: string, under?: readonly string[]): void {
    this.raw(`${this.isWithinLine ? "\n" : ""}${line}\n`, under);
  }

  /** Text that stays, whole lines or not. */
  raw(text: string, under: readonly string[] = this.shown): void {
    this.lastPrint = Date.now();
    this.isWithinLine = !text.endsWith("\n");
    const erasing = this.erasing();
    if (this.isLive) this.shown = this.fitting(under);
    this.output.write(erasing + text + this.shown.map((one) => `${one}\n`).join(""));
  }

  /** What is under way now; none takes the lines away. Each has to fit into the columns. */
  show(lines: readonly string[]): void {
    if (!this.isLive) return;
    const fitting = this.fitting(lines);
    if (fitting.join("\n") === this.shown.join("\n")) return;
    const erasing = this.erasing();
    this.shown = fitting;
    this.output.write(erasing + fitting.map((line) => `${line}\n`).join(""));
  }

  /** More lines than the terminal has could not be reached any more. */
  private fitting(lines: readonly string[]): readonly string[] {
    const most = Math.max(1, (this.output.rows || DEFAULT.rows) - 2);
    if (lines.length <= most) return lines;
    return [...lines.slice(0, most - 1), `… and ${lines.length - most + 1} more`];
  }

  /** A terminal that has become narrower has wrapped what stood there. */
  private erasing(): string {
    const rows = this.shown.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / this.columns)),
      0,
    );
    return rows === 0 ? "" : `\x1b[${rows}A\r\x1b[J`;
  }
}

/** Columns that a text takes at most: what may be as wide as two is counted so. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += character.codePointAt(0)! < 0x2e80 ? 1 : 2;
  return width;
}

/** The text in so many columns, an ellipsis at its end where some of it is gone. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let cut = "";
  for (const character of text) {
    if (widthOf(cut + character) >= columns) break;
    cut += character;
  }
  return columns < 1 ? "" : `${cut}…`;
}
