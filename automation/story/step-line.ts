import { cutTo, widthOf } from "../terminal/screen";

export type Mark = "✓" | "✗" | "…";

/** A step as people see it. */
export interface ToldStep {
  readonly mark: Mark;
  /** `blog built, pushed to GitLab`. */
  readonly label: string;
  /** `f342e05`; empty for none. */
  readonly detail: string;
  readonly milliseconds: number;
}

const TIME = 9;
const LABEL = { least: 20, most: 46 };
/** So much room is kept for the detail. */
const DETAIL = 24;
/** Wider lines are hard to follow from one end to the other. */
const WIDEST = 100;
const GAP = "  ";
const COLORS: Record<Mark, string> = { "✓": "32", "✗": "31", "…": "36" };

/** A step that has ended, whole: what doesn't fit beside it stands in a line below it. */
export function endedLines({ mark, label, detail, milliseconds }: ToldStep, columns: number): string[] {
  const { room, labelWidth, free } = roomIn(columns, label, detail);
  const time = endedTime(milliseconds).padStart(TIME);
  if (detail !== "" && widthOf(detail) <= free)
    return [`${mark} ${pad(label, labelWidth)}${GAP}${pad(detail, free)}${GAP}${time}`];
  const left = room - 2 - GAP.length - TIME;
  return [`${mark} ${pad(label, left)}${GAP}${time}`, ...(detail === "" ? [] : [`    ${detail}`])];
}

/** A step that runs, on one line of the terminal, whatever fits. */
export function runningLine({ mark, label, detail, milliseconds }: ToldStep, columns: number): string {
  const { room, labelWidth, free } = roomIn(columns, label, "");
  const time = seconds(milliseconds).padStart(TIME);
  const left = room - 2 - GAP.length - TIME;
  if (left < LABEL.least) return cutTo(`${mark} ${label}`, room);
  if (detail === "" || free < 8) return `${mark} ${pad(cutTo(label, left), left)}${GAP}${time}`;
  return `${mark} ${pad(label, labelWidth)}${GAP}${pad(cutTo(detail, free), free)}${GAP}${time}`;
}

/** Its mark in colour. To be called last: a colour has no width. */
export function colored(line: string): string {
  const color = COLORS[line[0] as Mark];
  return color === undefined ? line : `\x1b[${color}m${line[0]}\x1b[0m${line.slice(1)}`;
}

/** `45 s`, `2 min 5 s`. */
export function seconds(milliseconds: number): string {
  const whole = Math.floor(milliseconds / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function endedTime(milliseconds: number): string {
  return milliseconds < 59_950 ? `${(milliseconds / 1000).toFixed(1)} s` : seconds(milliseconds);
}

/** Details stand below each other, and further left where one needs it and the label leaves it. */
function roomIn(columns: number, label: string, detail: string) {
  // The last column stays free: some terminals go to the next line there.
  const room = Math.min(columns - 1, WIDEST);
  const fixed = 2 + GAP.length + GAP.length + TIME;
  const usual = Math.min(LABEL.most, Math.max(LABEL.least, room - fixed - DETAIL));
  const labelWidth = Math.max(widthOf(label), Math.min(usual, room - fixed - widthOf(detail)));
  return { room, labelWidth, free: room - fixed - labelWidth };
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
