import { isDeepStrictEqual } from "node:util";
import { type Document, stringify } from "yaml";
import { configOf, parseStackYaml } from "../components/stack-yaml";
import { isGoTime } from "../components/written";
import { isYamlTime } from "../components/written-settings";
import { lineBreakOf } from "./yaml-edit";

/** What the engine itself keeps in a stack's file. */
const ENGINE_KEYS = ["secretsprovider", "encryptedkey", "encryptionsalt"] as const;

/**
 * The text before the engine wrote into the file, with the keys that it has added and nothing else of its own: it prints numbers,
 * dates and aliases in its own words. Undefined where there is nothing to mend: it kept the text, or somebody else wrote, too.
 */
export function withEngineKeys(before: string, after: string, project: string): string | undefined {
  const lines = before.split("\n");
  if (after === before || lines.every((line) => after.split("\n").includes(line))) return undefined;
  const [old, written] = [parseStackYaml(before), parseStackYaml(after)];
  if (old.errors.length > 0 || written.errors.length > 0) return undefined;
  if (!isSame(othersOf(old, project), othersOf(written, project))) return undefined;
  const added = ENGINE_KEYS.filter((key) => written.has(key) && !old.has(key));
  if (ENGINE_KEYS.some((key) => old.has(key) && old.get(key) !== written.get(key))) return undefined;
  const eol = lineBreakOf(before);
  const text = before === "" || before.endsWith("\n") ? before : `${before}${eol}`;
  return text + added.map((key) => stringify({ [key]: written.get(key) }).replace("\n", eol)).join("");
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
