import { isAlias, isCollection, isMap, isNode, type Pair, type YAMLMap } from "yaml";

/** Edits in the text of a YAML document: what isn't named here keeps its bytes. They may miss; the caller reads what came out. */

/** A key and its value, as lines of a block and as a part of braces. */
export interface NewPair {
  /** Without indentation, the key's line first. */
  readonly lines: readonly string[];
  readonly inline: string;
}

/** The line ends of the file: those of its first line. */
export function lineBreakOf(text: string): string {
  return /^[^\n]*\r\n/.test(text) ? "\r\n" : "\n";
}

/** Behind the last pair. */
export function withPairAtEnd(text: string, map: YAMLMap, pair: NewPair): string | undefined {
  const last = map.items.at(-1);
  if (map.flow || !last) return withPairInBraces(text, map, pair);
  const column = columnOf(text, last);
  if (column === undefined) return undefined;
  const at = lineEnd(text, endOf(last));
  return withLines(text, at, indented(pair.lines, column));
}

/** Before the first pair: where what follows the last one is part of its value. */
export function withPairAtStart(text: string, map: YAMLMap, { lines }: NewPair): string | undefined {
  const [first] = map.items;
  const column = first && columnOf(text, first);
  if (map.flow || column === undefined) return undefined;
  return withLines(text, lineStart(text, startOf(first!)), indented(lines, column));
}

/** In place of a pair that there is, a comment on its line included. */
export function withPairReplaced(text: string, map: YAMLMap, old: Pair, pair: NewPair): string | undefined {
  if (map.flow) return spliced(text, startOf(old), endOf(old), pair.inline);
  const column = columnOf(text, old);
  if (column === undefined) return undefined;
  const [from, to] = [lineStart(text, startOf(old)), lineEnd(text, endOf(old))];
  return withLines(text.slice(0, from) + text.slice(to), from, indented(pair.lines, column), text);
}

export function withoutPair(text: string, map: YAMLMap, old: Pair): string | undefined {
  const [from, to] = [startOf(old), endOf(old)];
  if (!map.flow) return withoutLines(text, lineStart(text, from), lineEnd(text, to));
  const isLast = map.items.at(-1) === old;
  const comma = /^\s*,[ \t]*/.exec(text.slice(to));
  if (comma && !(isLast && map.items.length > 1)) return withoutPart(text, from, to + comma[0].length);
  const before = /,?\s*$/.exec(text.slice(0, from))![0];
  return spliced(text, before.startsWith(",") ? from - before.length : from, to, "");
}

/** Another value for a pair, written in braces or the like. */
export function withValue(text: string, pair: Pair, value: string): string | undefined {
  const colon = colonOf(pair);
  if (colon === undefined) return undefined;
  const end = Math.max(endOf(pair), colon + 1);
  const hasBreak = text[end - 1] === "\n";
  return spliced(text, colon + 1, end, ` ${value}${hasBreak ? lineBreakOf(text) : ""}`);
}

/** The value merged into a map of its own, which gets one more pair: other places that share it don't change. */
export function withValueMerged(text: string, pair: Pair, added: NewPair): string | undefined {
  const { value } = pair;
  const colon = colonOf(pair);
  if (colon === undefined || !isNode(value)) return undefined;
  if (isAlias(value) || (isCollection(value) && value.flow)) {
    const start = colon + 1 + /^\s*/.exec(text.slice(colon + 1))![0].length;
    const end = endOf(pair);
    return spliced(text, start, end, `{ <<: ${text.slice(start, end)}, ${added.inline} }`);
  }
  if (!isMap(value) || value.items.length === 0) return undefined;
  const [outer, inner] = [columnOf(text, pair), columnOf(text, value.items[0]!)];
  if (outer === undefined || inner === undefined || inner - outer < 2) return undefined;
  const lines = withLines(text, lineEnd(text, endOf(pair)), indented(added.lines, inner - 1));
  return spliced(lines, colon + 1, colon + 1, `${lineBreakOf(text)}${" ".repeat(inner - 1)}<<:`);
}

export function spliced(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}

function withPairInBraces(text: string, map: YAMLMap, { inline }: NewPair): string | undefined {
  if (!map.flow) return undefined;
  const last = map.items.at(-1);
  const [open, close] = map.range!;
  if (!last) return spliced(text, open, close, `{ ${inline} }`);
  const at = endOf(last);
  return spliced(text, at, at, `, ${inline}`);
}

/** @param whole the text whose line breaks decide, where lines were taken out before */
function withLines(text: string, at: number, lines: readonly string[], whole = text): string {
  const eol = lineBreakOf(whole);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  const isOpen = before !== "" && !before.endsWith("\n");
  const endsOpen = after === "" && !whole.endsWith("\n");
  return `${before}${isOpen ? eol : ""}${lines.join(eol)}${endsOpen ? "" : eol}${after}`;
}

/** A file without a line break at its end stays one. */
function withoutLines(text: string, from: number, to: number): string {
  const isEnd = to === text.length && !text.endsWith("\n");
  const before = text.slice(0, from);
  return (isEnd ? before.replace(/\r?\n$/, "") : before) + text.slice(to);
}

/** With the whole line where nothing else is on it. */
function withoutPart(text: string, from: number, to: number): string {
  const start = lineStart(text, from);
  const isAlone = text.slice(start, from).trim() === "" && /^\r?\n/.test(text.slice(to));
  return isAlone ? spliced(text, start, lineEnd(text, to + 1), "") : spliced(text, from, to, "");
}

const indented = (lines: readonly string[], column: number) => lines.map((line) => " ".repeat(column) + line);

/** Of a key that is the first on its line; undefined for others, and behind tabs. */
function columnOf(text: string, pair: Pair): number | undefined {
  const start = startOf(pair);
  const before = text.slice(lineStart(text, start), start);
  return /^ *$/.test(before) ? before.length : /^ *[?:] +$/.test(before) ? before.length : undefined;
}

function startOf({ key }: Pair): number {
  return isNode(key) ? key.range![0] : 0;
}

/** Where the pair's value ends, before comments and blank lines that follow it. */
function endOf(pair: Pair): number {
  const { key, value } = pair;
  if (isCollection(value) && !value.flow) {
    const last = value.items.at(-1);
    if (isMap(value) && last) return endOf(last as Pair);
    if (isNode(last))
      return isMap(last) && !last.flow && last.items.length > 0 ? endOf(last.items.at(-1)!) : last.range![1];
  }
  if (isNode(value)) return value.range![1];
  return isNode(key) ? key.range![1] : 0;
}

function colonOf({ srcToken }: Pair): number | undefined {
  const tokens = srcToken && "sep" in srcToken ? srcToken.sep : undefined;
  return tokens?.find(({ type }) => type === "map-value-ind")?.offset;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** Behind the line break of the line that holds the character before `at`. */
function lineEnd(text: string, at: number): number {
  if (text[at - 1] === "\n") return at;
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}
