/** What a terminal showed, from then on. */
export interface Frame {
  /** Seconds since the first one. */
  readonly at: number;
  readonly lines: readonly string[];
}

/** A line on the picture, from a frame to the one in which something else stands there. */
interface Shown {
  readonly text: string;
  readonly row: number;
  readonly from: number;
  readonly until: number;
}

/** Where nothing happens nobody wants to wait. */
const LONGEST_PAUSE = 1;
/** Frames that follow faster than the eye are one. */
const SHORTEST = 0.15;
/** So long the end can be read before it begins again. */
const READ = 6;

const FONT = 13;
const LINE = 18;
const CHARACTER = 7.82;
const MARGIN = 14;
/** What berth colours on a terminal: the mark that a line begins with. */
const MARKS: Readonly<Record<string, string>> = {
  "✓": "#3fb950",
  "✗": "#f85149",
  "…": "#39c5cf",
  $: "#8b949e",
};

/**
 * A picture that plays what a terminal showed, over and over, by the SVG's own animation: no script, so that it plays as an image, too.
 * Pauses are cut to a second. What doesn't play it shows the end.
 */
export function animatedSvg(frames: readonly Frame[], columns: number, title: string): string {
  const cut = withoutPauses(frames);
  const end = (cut.at(-1)?.at ?? 0) + READ;
  const rows = Math.max(...cut.map(({ lines }) => lines.length));
  const [width, height] = [Math.ceil(columns * CHARACTER) + 2 * MARGIN, rows * LINE + 2 * MARGIN];
  const lines = shownLines(cut, end).map((one) => textOf(one, end));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT}" fill="#e6edf3">`,
    ...lines,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function withoutPauses(frames: readonly Frame[]): Frame[] {
  const cut: Frame[] = [];
  let [before, now] = [0, 0];
  for (const { at, lines } of frames) {
    now += Math.min(at - before, LONGEST_PAUSE);
    before = at;
    const last = cut.at(-1);
    if (last && now - last.at < SHORTEST) cut[cut.length - 1] = { at: last.at, lines };
    else cut.push({ at: now, lines });
  }
  return cut;
}

/** Lines that stay are one each, however many frames there are meanwhile. */
function shownLines(frames: readonly Frame[], end: number): Shown[] {
  const shown: Shown[] = [];
  const open = new Map<number, Omit<Shown, "until">>();
  const close = (row: number, until: number) => {
    const line = open.get(row);
    if (line && line.text !== "") shown.push({ ...line, until });
    open.delete(row);
  };
  for (const { at, lines } of frames) {
    for (const row of open.keys()) if (lines[row] === undefined) close(row, at);
    for (const [row, text] of lines.entries()) {
      if (open.get(row)?.text === text) continue;
      close(row, at);
      open.set(row, { text, row, from: at });
    }
  }
  for (const row of [...open.keys()]) close(row, end);
  return shown;
}

function textOf({ text, row, from, until }: Shown, end: number): string {
  const [mark = "", ...rest] = text;
  const color = MARKS[mark];
  const content =
    color === undefined ? escaped(text) : `<tspan fill="${color}">${mark}</tspan>${escaped(rest.join(""))}`;
  const place = `x="${MARGIN}" y="${MARGIN + row * LINE + FONT}" xml:space="preserve"`;
  const isLast = until === end;
  if (from === 0 && isLast) return `<text ${place}>${content}</text>`;
  const share = (at: number) => (at / end).toFixed(4);
  const values = isLast ? "0;1" : "0;1;0";
  const times = ["0", share(from), ...(isLast ? [] : [share(until)])].join(";");
  const first = from === 0 ? { values: "1;0", times: `0;${share(until)}` } : { values, times };
  const animate = `<animate attributeName="opacity" calcMode="discrete" repeatCount="indefinite" dur="${end.toFixed(2)}s" values="${first.values}" keyTimes="${first.times}"/>`;
  return `<text ${place} opacity="${isLast ? 1 : 0}">${content}${animate}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
