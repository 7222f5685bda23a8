import { widthOf } from "../../../automation/terminal/screen";

const ESC = "\x1b";
const COLORS = new RegExp(`${ESC}\\[[0-9;]*m`, "g");
const PARTS = new RegExp(`${ESC}\\[(\\d+)A|${ESC}\\[J|\r|\n|[^${ESC}\r\n]+`, "g");

/** A terminal as people see it: what is written, with the cursor moved and lines erased. It wraps what is too long for it. */
export class Terminal {
  readonly isTTY = true;
  /** Everything that was written, as it came. */
  written = "";
  private screen: string[] = [""];
  private at = 0;

  constructor(
    public columns: number,
    readonly rows = 24,
  ) {}

  write(text: string): void {
    this.written += text;
    for (const [part, up] of text.replaceAll(COLORS, "").matchAll(PARTS)) {
      if (up !== undefined) this.at = Math.max(0, this.at - Number(up));
      else if (part === "\x1b[J") this.screen = [...this.screen.slice(0, this.at), ""];
      else if (part === "\n") this.next();
      else if (part !== "\r") this.put(part);
    }
  }

  /** Made narrower or wider: lines are wrapped anew, as most terminals do it. */
  resize(columns: number): void {
    const lines = this.screen.slice(0, this.at);
    this.columns = columns;
    this.screen = [""];
    this.at = 0;
    for (const line of lines) this.write(`${line}\n`);
  }

  /** What stands on it, without the spaces at the ends of lines. */
  get shown(): string[] {
    return this.screen.slice(0, this.at).map((line) => line.trimEnd());
  }

  private put(text: string): void {
    let rest = text;
    while (widthOf(rest) > this.columns) {
      this.screen[this.at] = rest.slice(0, this.columns);
      rest = rest.slice(this.columns);
      this.next();
    }
    this.screen[this.at] = rest;
  }

  private next(): void {
    this.at += 1;
    this.screen[this.at] ??= "";
  }
}
