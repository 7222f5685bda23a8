import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = join(__dirname, "..", "..");

interface Token {
  readonly type: string;
  readonly content: string;
  readonly children: readonly Token[] | null;
  attrGet(name: string): string | null;
}
const MarkdownIt: new (
  options: object,
) => { parse(text: string, env: object): Token[] } = require("markdown-it");
const markdown = new MarkdownIt({ html: true });

interface Page {
  readonly links: readonly string[];
  /** What a link's `#…` may name. */
  readonly anchors: ReadonlySet<string>;
}

const BESIDE = new Set(["node_modules", ".git", ".berth", ".ci-cache", "dist"]);

function pagesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return BESIDE.has(entry.name) ? [] : pagesBelow(join(folder, entry.name));
    return entry.name.endsWith(".md") ? [join(folder, entry.name)] : [];
  });
}

function readPage(path: string): Page {
  const tokens = markdown.parse(readFileSync(path, "utf8"), {});
  const inline = tokens.flatMap(({ children }) => children ?? []);
  const links = inline.flatMap((token) => token.attrGet("href") ?? token.attrGet("src") ?? []);
  const headings = tokens.flatMap(({ type }, index) =>
    type === "heading_open" ? plain(tokens[index + 1]?.children ?? []) : [],
  );
  return { links, anchors: new Set(anchorsOf(headings)) };
}

function plain(children: readonly Token[]): string {
  return children
    .map(({ type, content }) => (["text", "code_inline"].includes(type) ? content : ""))
    .join("");
}

/** As GitLab and GitHub make them of headings: the second of the same gets `-1`. */
function anchorsOf(headings: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return headings.map((heading) => {
    const anchor = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    const before = counts.get(anchor) ?? 0;
    counts.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

describe("links in Markdown files", () => {
  const paths = pagesBelow(root);
  const pages = new Map(paths.map((path) => [path, readPage(path)]));

  it("lead to files and headings that are there", () => {
    const dead: string[] = [];
    let local = 0;
    for (const [path, { links }] of pages)
      for (const link of links.filter((one) => !/^[a-z][a-z+.-]*:/i.test(one))) {
        local++;
        const [file = "", anchor = ""] = decodeURI(link).split("#");
        const target = file === "" ? path : resolve(dirname(path), file);
        const isThere = existsSync(target) && (anchor === "" || pages.get(target)?.anchors.has(anchor));
        if (!isThere) dead.push(`${relative(root, path)}: ${link}`);
      }
    assert.deepEqual(dead, []);
    assert.ok(paths.length > 20 && local > 100, `${paths.length} files, ${local} links`);
  });

  it("are taken for dead where a heading was renamed", () => {
    assert.deepEqual(anchorsOf(["`berth:nexus` with url", "A, b", "A b"]), [
      "berthnexus-with-url",
      "a-b",
      "a-b-1",
    ]);
  });
});
