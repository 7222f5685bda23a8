import { isMap, isNode, parseDocument, type YAMLMap } from "yaml";
import type { Release } from "../components/settings";
import { CommandError, Exit } from "./exit";

/**
 * The text of a stack file with an app's `release` put in, changed or (undefined) taken out. Everything else stays
 * to the letter, which printing the parsed document would not do.
 * @throws CommandError where the app's settings aren't a block of lines of their own
 */
export function withPin(text: string, app: string, release: Release | undefined): string {
  const settings = parseDocument(text).getIn(["config", "berth:apps", app], true);
  if (!isMap(settings) || settings.flow || settings.items.length === 0) {
    const problem =
      "is not written as a block of lines, so that no release can be put in or taken out by itself";
    throw new CommandError(`berth:apps.${app} ${problem}`, Exit.usage);
  }
  const first = keyStart(settings.items[0]!.key);
  const indent = " ".repeat(first - lineStart(text, first));
  const lines = release ? linesOf(release).map((line) => `${indent}${line}\n`) : [];
  const { from, to } = placeOfPin(text, settings);
  const [before, after] = [text.slice(0, from), text.slice(to)];
  const separator = before.endsWith("\n") || lines.length === 0 ? "" : "\n";
  return `${before}${separator}${lines.join("")}${after}`;
}

function linesOf({ tag, digest, from }: Release): string[] {
  const lines = ["release:", `  tag: ${JSON.stringify(tag)}`, `  digest: ${digest}`];
  return from ? [...lines, `  from: ${JSON.stringify(from)}`] : lines;
}

/** The lines of the pin that there is, else the place behind the app's last setting. */
function placeOfPin(text: string, settings: YAMLMap): { from: number; to: number } {
  const pair = settings.items.find(({ key }) => isNode(key) && key.toJSON() === "release");
  if (!pair) {
    const end = lineEnd(text, lastOffset(settings));
    return { from: end, to: end };
  }
  const end = isNode(pair.value) ? pair.value.range![1] : keyStart(pair.key);
  return { from: lineStart(text, keyStart(pair.key)), to: lineEnd(text, end) };
}

/** Where the content of the map's last value ends, before comments and blank lines that follow it. */
function lastOffset(settings: YAMLMap): number {
  const { key, value } = settings.items.at(-1)!;
  if (isMap(value) && !value.flow && value.items.length > 0) return lastOffset(value);
  return isNode(value) ? value.range![1] : keyStart(key);
}

function keyStart(key: unknown): number {
  return isNode(key) ? key.range![0] : 0;
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
