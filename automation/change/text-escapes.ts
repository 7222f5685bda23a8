// Whatever stands in a value is shown as text: no markup, no mention, no link, no command comes to life.

/** Characters that can't be seen or that turn the direction of what follows; a space and a tab can do no harm. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** The text on one line, `\n` and what can't be seen as escapes. */
export function oneLine(text: string): string {
  return text.replace(INVISIBLE, (one) => {
    const named: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return named[one] ?? `\\u{${one.codePointAt(0)!.toString(16)}}`;
  });
}

/** A code span (CommonMark 6.1): fenced by more backticks than there are in it. */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  const fence = "`".repeat(longestRun(line) + 1);
  // One space on each side is taken away again; without it a backtick at the end would join the fence.
  const padded = /^`|`$|^ .* $/.test(line) || line === "" ? ` ${line} ` : line;
  return `${fence}${padded}${fence}`;
}

/** The same within HTML, where markdown isn't looked for; in `code`, GitLab makes no references and links of it either. */
export function codeElement(text: string): string {
  const entities = oneLine(text).replace(/[^\p{L}\p{N} ]/gu, (one) => `&#${one.codePointAt(0)};`);
  return `<code>${entities}</code>`;
}

/** A code block of GitLab's diff colours. Its fence is longer than anything in it. */
export function diffBlock(lines: readonly string[]): string {
  return block("diff", lines);
}

/** A code block of plain text. There is a bar before each line: none may begin with a slash, a command to GitLab. */
export function textBlock(lines: readonly string[]): string {
  return block(
    "",
    lines.map((line) => `| ${oneLine(line)}`),
  );
}

function block(language: string, lines: readonly string[]): string {
  const text = lines.join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A link where the address is one, else the text alone. */
export function link(text: string, address: string | undefined): string {
  if (!address || !/^https?:\/\/[^\s<>"'`\\]+$/.test(address)) return text;
  return `[${text}](<${address}>)`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
