import type { Answers } from "../../test/support/edge/load";

/** One way of updating, under a load. */
export interface Panel {
  readonly title: string;
  readonly answers: Answers;
}

const WIDTH = 900;
const PANEL = 150;
const LEFT = 56;
const TOP = 34;
const GAP = 64;
/** Seconds that one bar stands for. */
const BAR = 0.25;
/** Readable on white and on black, side by side, and for people who don't tell red from green. */
const COLOURS = ["#3b82f6", "#0d9488", "#a855f7", "#ca8a04", "#64748b"];

/** Answers a second over time, coloured by the version that gave them; what failed is red. */
export function plot(panels: readonly Panel[]): string {
  const seconds = Math.max(...panels.map(({ answers }) => lastAt(answers) / 1000));
  const highest = Math.max(...panels.map(({ answers }) => Math.max(...bars(answers).map(total)))) / BAR;
  const height = TOP + panels.length * (PANEL + GAP);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label(panels)}">`,
    "<style>text{font:13px system-ui,sans-serif;fill:#1f2937}.small{font-size:11px;fill:#6b7280}.axis{stroke:#9ca3af}",
    ".failed{fill:#dc2626}@media(prefers-color-scheme:dark){text{fill:#e5e7eb}.small{fill:#9ca3af}.failed{fill:#f87171}}</style>",
    ...panels.flatMap((panel, index) =>
      drawn(panel, { top: TOP + index * (PANEL + GAP), seconds, highest: Math.ceil(highest / 20) * 20 }),
    ),
    "</svg>",
    "",
  ].join("\n");
}

interface Frame {
  readonly top: number;
  readonly seconds: number;
  /** Answers a second at the panel's upper edge. */
  readonly highest: number;
}

function drawn({ title, answers }: Panel, { top, seconds, highest }: Frame): string[] {
  const x = (second: number) => LEFT + (second / seconds) * (WIDTH - LEFT - 10);
  const y = (count: number) => top + PANEL - (count / BAR / highest) * PANEL;
  const colours = colourOf(answers);
  const rects = bars(answers).flatMap((bar, index) => {
    let below = 0;
    return [...bar].map(([what, count]) => {
      const at = y(below + count);
      const rect = `<rect x="${round(x(index * BAR))}" y="${round(at)}" width="${round(x(BAR) - x(0) + 0.2)}" height="${round(y(below) - at)}" ${colours(what)}/>`;
      below += count;
      return rect;
    });
  });
  return [
    `<text x="${LEFT}" y="${top - 12}">${escaped(title)}: ${told(answers)}</text>`,
    ...rects,
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - 10}" y1="${top + PANEL}" y2="${top + PANEL}"/>`,
    ...[0, highest / 2, highest].map(
      (count) =>
        `<text class="small" x="${LEFT - 6}" y="${round(y(count * BAR) + 4)}" text-anchor="end">${count}/s</text>`,
    ),
    ...ticks(seconds).map(
      (second) =>
        `<text class="small" x="${round(x(second))}" y="${top + PANEL + 16}" text-anchor="middle">${second} s</text>`,
    ),
  ];
}

/** For each bar: what was said, or that it failed, and how often. In the order of the versions, failures on top. */
function bars({ answers }: Answers): Map<string, number>[] {
  const count = Math.ceil((lastAt({ answers, epoch: 0 }) + 1) / 1000 / BAR);
  const found = Array.from({ length: count }, () => new Map<string, number>());
  const sorted = [...answers].sort((a, b) => Number(!!a.failure) - Number(!!b.failure) || a.at - b.at);
  for (const { at, said, failure } of sorted) {
    const bar = found[Math.floor(at / 1000 / BAR)]!;
    const what = failure === undefined ? said! : FAILED;
    bar.set(what, (bar.get(what) ?? 0) + 1);
  }
  return found;
}

const FAILED = "";

function colourOf({ answers }: Answers): (what: string) => string {
  const sorted = [...answers].sort((a, b) => a.at - b.at);
  const versions = [...new Set(sorted.flatMap(({ said }) => said ?? []))];
  return (what) =>
    what === FAILED ? 'class="failed"' : `fill="${COLOURS[versions.indexOf(what) % COLOURS.length]}"`;
}

function told({ answers }: Answers): string {
  const failed = answers.filter(({ failure }) => failure !== undefined).length;
  const slowest = Math.max(...answers.filter(({ failure }) => failure === undefined).map(({ ms }) => ms));
  const versions = new Set(answers.flatMap(({ said }) => said ?? [])).size;
  return `${versions} versions, ${answers.length} requests, ${failed} failed, slowest answer ${Math.round(slowest)} ms`;
}

function label(panels: readonly Panel[]): string {
  return panels.map(({ title, answers }) => `${escaped(title)}: ${told(answers)}`).join("; ");
}

function ticks(seconds: number): number[] {
  const step = [1, 2, 5, 10, 20, 50].find((each) => seconds / each <= 12) ?? 100;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

const lastAt = ({ answers }: Answers) => Math.max(...answers.map(({ at }) => at));
const total = (bar: Map<string, number>) => [...bar.values()].reduce((sum, count) => sum + count, 0);
const round = (value: number) => Math.round(value * 10) / 10;
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
