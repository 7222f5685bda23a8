import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderPage } from "../automation/report/page/page";
import { sampleReport } from "../test/support/stack/sample-report";

/**
 * `npm run docs:picture -- [NOTE.md]`: the pictures of the documentation, by a real browser ($CHROMIUM, else `chromium`), to be looked at.
 * docs/merge-request-note.png is the note of a change by a real Markdown renderer; the first folds are opened, as a reviewer does with
 * what is replaced. docs/report.png is the top of a report's page.
 */
const root = join(__dirname, "..");
const NOTE = join(root, "test", "unit", "automation", "change", "golden", "blog-note.md");
const PICTURE = join(root, "docs", "merge-request-note.png");
const REPORT = join(root, "docs", "report.png");
const WIDTH = 920;
/** What runs, what can be rolled back to, and the first releases. */
const REPORT_HEIGHT = 880;
/** How many folds are open, as if somebody had clicked on them. */
const OPEN = 1;

/** About how GitLab shows notes. */
const STYLE = `
  body { margin: 16px; font: 14px/1.5 "Noto Sans", "DejaVu Sans", sans-serif; color: #333238; background: #fff }
  .note { border: 1px solid #dcdcde; border-radius: 8px; overflow: hidden }
  .who { padding: 8px 16px; border-bottom: 1px solid #dcdcde; background: #fbfafd; color: #626168; font-size: 13px }
  .who b { color: #333238 }
  .body { padding: 4px 16px 8px }
  p, ul { margin: 8px 0 }
  code { font: 90%/1.4 "DejaVu Sans Mono", monospace; background: #ececef; padding: 1px 4px; border-radius: 4px; overflow-wrap: anywhere }
  pre { margin: 8px 0; padding: 8px 0; border: 1px solid #dcdcde; border-radius: 4px; background: #fbfafd }
  pre code { display: block; background: none; padding: 0; font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere }
  pre span { display: block; padding: 0 10px 0 22px; text-indent: -12px }
  .gone { background: #fdd4cd } .new { background: #ccf0db }
  details details { margin-left: 16px } summary { cursor: default; margin: 4px 0 }
  a { color: #1068bf; text-decoration: none }
`;

type Markdown = new (options: {
  html: boolean;
  highlight(text: string, language: string): string;
}) => { render(text: string): string };

function page(note: string): string {
  const MarkdownIt = require("markdown-it") as Markdown;
  const html = new MarkdownIt({ html: true, highlight: coloured }).render(note);
  const opened = html.split("<details>").reduce((text, rest, index) => {
    return `${text}<details${index <= OPEN ? " open" : ""}>${rest}`;
  });
  const who = "<b>Berth</b> @project_7_bot &middot; just now &middot; Bot";
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><div class="note"><div class="who">${who}</div><div class="body">${opened}</div></div>`;
}

/** GitLab colours the lines of a diff. */
function coloured(text: string): string {
  const escaped = text.trimEnd().replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const colour = (line: string) => (line.startsWith("-") ? "gone" : line.startsWith("+") ? "new" : "");
  return escaped
    .split("\n")
    .map((line) => `<span class="${colour(line)}">${line}</span>`)
    .join("");
}

/** Chromium with a page of these words: what it prints with each set of arguments. */
function withPage<T>(html: string, look: (chromium: (...args: string[]) => string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "berth-picture-"));
  const file = join(folder, "page.html");
  const chromium = (...args: string[]) => {
    const always = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"];
    const own = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
    return execFileSync(process.env["CHROMIUM"] ?? "chromium", [...always, ...args, `file://${file}`], {
      env: { ...process.env, ...own },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  };
  try {
    writeFileSync(file, html);
    return look(chromium);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function shoot(html: string, picture: string, width: number, height: number): void {
  withPage(html, (chromium) => chromium(`--window-size=${width},${height}`, `--screenshot=${picture}`));
  process.stdout.write(`Wrote ${picture}: look at it.\n`);
}

/** Chromium's picture is as high as its window: the page is asked first how high it is. */
function heightOf(html: string): number {
  const measure = "<script>document.title = document.documentElement.offsetHeight</script>";
  const dom = withPage(html + measure, (chromium) => chromium(`--window-size=${WIDTH},400`, "--dump-dom"));
  return Number(/<title>(\d+)<\/title>/.exec(dom)?.[1]);
}

const note = page(readFileSync(process.argv[2] ?? NOTE, "utf8"));
shoot(note, PICTURE, WIDTH, heightOf(note));
shoot(renderPage(sampleReport()), REPORT, WIDTH, REPORT_HEIGHT);
