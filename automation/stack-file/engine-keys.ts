import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, stringify } from "yaml";
import { configOf, parseStackYaml } from "../../components/settings/stack-yaml";
import { isGoTime } from "../../components/settings/written";
import { isYamlTime } from "../../components/settings/written-settings";
import { lineBreakOf, type NewPair, withPairAtEnd } from "./yaml-edit";

/** What the engine itself keeps in a stack's file. */
const ENGINE_KEYS = ["secretsprovider", "encryptedkey", "encryptionsalt"] as const;

/**
 * The text before the engine wrote into the file, with the keys that it has added and nothing else of its own: it prints numbers,
 * dates and aliases in its own words. Undefined where there is nothing to mend: it kept the text, or somebody else wrote, too; and
 * where the keys fit nowhere.
 */
export function withEngineKeys(before: string, after: string, project: string): string | undefined {
  const lines = before.split("\n");
  if (after === before || lines.every((line) => after.split("\n").includes(line))) return undefined;
  const [old, written] = [parseStackYaml(before), parseStackYaml(after)];
  if (old.errors.length > 0 || written.errors.length > 0) return undefined;
  if (!isSame(othersOf(old, project), othersOf(written, project))) return undefined;
  const added = ENGINE_KEYS.filter((key) => written.has(key) && !old.has(key));
  if (ENGINE_KEYS.some((key) => old.has(key) && old.get(key) !== written.get(key))) return undefined;
  const pairs = added.map((key) => pairOf(key, String(written.get(key))));
  const wanted = { ...old.toJS(), ...Object.fromEntries(added.map((key) => [key, written.get(key)])) };
  return ways(before, pairs).find((text) => text !== undefined && saysSo(text, wanted));
}

/** As lines at the end; before what ends the document, or in its braces. */
function ways(before: string, pairs: readonly NewPair[]): (string | undefined)[] {
  const eol = lineBreakOf(before);
  const text = before === "" || before.endsWith("\n") ? before : `${before}${eol}`;
  const inMap = pairs.reduce<string | undefined>((so, pair) => {
    const { contents } = parseStackYaml(so ?? "");
    return so !== undefined && isMap(contents) ? withPairAtEnd(so, contents, pair) : undefined;
  }, before);
  return [text + pairs.flatMap(({ lines }) => lines.map((line) => line + eol)).join(""), inMap];
}

function pairOf(key: string, value: string): NewPair {
  return {
    lines: stringify({ [key]: value }, { lineWidth: 0 })
      .trimEnd()
      .split("\n"),
    inline: `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  };
}

function saysSo(text: string, wanted: unknown): boolean {
  const document = parseStackYaml(text);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), wanted);
}

function othersOf(document: Document.Parsed, project: string): Record<string, unknown> {
  const { secretsprovider: _p, encryptedkey: _k, encryptionsalt: _s, ...others } = document.toJS() ?? {};
  return { ...others, config: configOf(document, project) };
}

/** As the engine reads it: it makes other texts of dates. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === "string" && isGoTime(other)) return one === other || isYamlTime(one);
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null)
    return isDeepStrictEqual(one, other);
  const [mine, theirs] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  return (
    mine.size === theirs.size &&
    [...mine].every(([key, value]) => theirs.has(key) && isSame(value, theirs.get(key)))
  );
}
