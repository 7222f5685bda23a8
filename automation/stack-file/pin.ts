import { isDeepStrictEqual } from "node:util";
import { type Document, isAlias, isMap, type Pair, stringify, visit, type YAMLMap } from "yaml";
import type { Release } from "../../components/settings/settings";
import {
  configOf,
  configPair,
  keyText,
  pairOf,
  parseStackYaml,
  resolved,
} from "../../components/settings/stack-yaml";
import { objectOf } from "../../components/values/json-object";
import { projectName } from "../engine/project";
import { CommandError, Exit } from "../terminal/exit";
import {
  type NewPair,
  spliced,
  withoutPair,
  withPairAtEnd,
  withPairAtStart,
  withPairReplaced,
  withValue,
  withValueMerged,
} from "./yaml-edit";

const APPS = "berth:apps";

/**
 * The text of a stack file with an app's `release` put in, changed or (undefined) taken out. What is not the pin's keeps its
 * bytes, which printing the parsed document would not do. YAML has many ways to write the same: each edit is read again,
 * and the first one that says what was meant, and nothing else, is taken.
 * @throws CommandError where the file has no such app
 */
export function withPin(
  text: string,
  app: string,
  release: Release | undefined,
  project = projectName(),
): string {
  const before = read(text, project);
  const wanted = pinned(before, app, release);
  if (isDeepStrictEqual(before, wanted)) return text;
  for (const edited of edits(text, { app, release, project }, wanted)) {
    if (edited !== undefined && isDeepStrictEqual(tryRead(edited, project), wanted)) return edited;
  }
  // Anchors on anchors: what it says is kept, how it was written is not.
  return stringify(wanted);
}

interface Wish {
  readonly app: string;
  readonly release: Release | undefined;
  readonly project: string;
}

/** The ways, the one that changes least first. */
function* edits(text: string, wish: Wish, wanted: Read): Generator<string | undefined> {
  yield* editsOfApp(text, wish, wanted);
  const expanded = withoutAliases(text);
  if (expanded !== text) yield* editsOfApp(expanded, wish, wanted);
  const document = parseStackYaml(text);
  const apps = configPair(document, APPS, wish.project);
  if (apps) yield withValue(text, apps, JSON.stringify(wanted.config[APPS]));
  const config = pairOf(document, document.contents, "config");
  if (config) yield withValue(text, config, JSON.stringify(wanted.config));
}

function* editsOfApp(
  text: string,
  { app, release, project }: Wish,
  wanted: Read,
): Generator<string | undefined> {
  const document = parseStackYaml(text);
  const apps = resolved(document, configPair(document, APPS, project)?.value);
  if (!isMap(apps)) return;
  const own = apps.items.find((pair) => keyText(pair) === app);
  const whole = JSON.stringify(objectOf(wanted.config[APPS])[app]);
  if (!own) {
    yield withPairAtEnd(text, apps, { lines: [`${app}: ${whole}`], inline: `${app}: ${whole}` });
    return;
  }
  const pin = release && pinPair(release);
  if (pin && isAlias(own.value)) yield withValueMerged(text, own, pin);
  const settings = resolved(document, own.value);
  if (isMap(settings)) yield* editsOfPin(text, settings, pin);
  if (pin) yield withValueMerged(text, own, pin);
  yield withValue(text, own, whole);
}

function* editsOfPin(
  text: string,
  settings: YAMLMap,
  pin: NewPair | undefined,
): Generator<string | undefined> {
  const old = settings.items.find((pair: Pair) => keyText(pair) === "release");
  if (old && pin) {
    yield withPairReplaced(text, settings, old, pin);
    yield withValue(text, old, pin.inline.slice("release: ".length));
  } else if (old) {
    yield withoutPair(text, settings, old);
  } else if (pin) {
    yield withPairAtEnd(text, settings, pin);
    yield withPairAtStart(text, settings, pin);
  }
}

function pinPair({ tag, digest, from }: Release): NewPair {
  const fields = [`tag: ${JSON.stringify(tag)}`, `digest: ${digest}`];
  if (from !== undefined) fields.push(`from: ${JSON.stringify(from)}`);
  return {
    lines: ["release:", ...fields.map((field) => `  ${field}`)],
    inline: `release: { ${fields.join(", ")} }`,
  };
}

/** Every alias replaced by what it stands for: then nothing is shared. */
function withoutAliases(text: string): string {
  const document = parseStackYaml(text);
  const places: { range: readonly [number, number]; value: unknown }[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      const [from, to] = alias.range!;
      places.push({ range: [from, to], value: alias.resolve(document)?.toJS(document) });
    },
  });
  return places
    .sort((a, b) => b.range[0] - a.range[0])
    .reduce((so, { range: [from, to], value }) => spliced(so, from, to, JSON.stringify(value)), text);
}

type Tree = Record<string, unknown>;
type Read = Tree & { readonly config: Tree };

/** What the engine reads out of the file. */
function read(text: string, project: string): Read {
  const document = parseStackYaml(text);
  if (document.errors[0]) throw new CommandError(document.errors[0].message, Exit.usage);
  return { ...engineKeys(document), config: configOf(document, project) };
}

function tryRead(text: string, project: string): Read | undefined {
  try {
    return read(text, project);
  } catch {
    return undefined; // an edit that missed
  }
}

/** Beside `config`; what else is there is nobody's but the writer's, as a place for anchors. */
function engineKeys(document: Document.Parsed): Tree {
  const all = objectOf(document.toJS());
  const keys = ["environment", "secretsprovider", "encryptedkey", "encryptionsalt"];
  return Object.fromEntries(keys.filter((key) => key in all).map((key) => [key, all[key]]));
}

function pinned(before: Read, app: string, release: Release | undefined): Read {
  const apps = before.config[APPS] as Tree | undefined;
  const settings = typeof apps === "object" ? apps?.[app] : undefined;
  if (apps === undefined || typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new CommandError(
      `There are no settings berth:apps.${app} in this file, so that no release can be put in or taken out.`,
      Exit.usage,
    );
  }
  const { release: _old, ...rest } = settings as Tree;
  const mine = release ? { ...rest, release: { ...release } } : rest;
  return { ...before, config: { ...before.config, [APPS]: { ...apps, [app]: mine } } };
}
