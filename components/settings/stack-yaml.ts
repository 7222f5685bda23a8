import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type ScalarTag,
} from "yaml";
import { messageOf } from "../values/error-facts";
import { isJsonObject, objectOf } from "../values/json-object";

/**
 * Stack files (`Pulumi.<stack>.yaml`) as the engine reads them: by Go's yaml.v3, which merges `<<` and knows octal
 * numbers and underscores in them (its resolve.go). What is a date there stays a text here.
 */
export function parseStackYaml(text: string): Document.Parsed {
  return parseDocument(text, {
    merge: true,
    keepSourceTokens: true,
    customTags: (tags) => [goNumber, ...tags],
  });
}

/** What a stack file says, or what keeps it from being read, to be said behind its name. */
export type StackConfig =
  | { readonly config: Record<string, unknown>; readonly hasEnvironment: boolean }
  | { readonly problem: string };

export function readStackConfig(text: string, project: string): StackConfig {
  const document = parseStackYaml(text);
  const problem = problemOf(document, project);
  if (problem !== undefined) return { problem };
  return { config: configOf(document, project), hasEnvironment: document.has("environment") };
}

function problemOf(document: Document.Parsed, project: string): string | undefined {
  const [error] = document.errors;
  if (error?.code === "MULTIPLE_DOCS")
    return "holds more than one YAML document: the engine reads the first alone, so leave out what follows the second ---";
  if (error) return `is not valid YAML: ${error.message}`;
  try {
    const whole = document.toJS();
    JSON.stringify(whole); // an alias within what it stands for has no end
    if (whole !== null && !isJsonObject(whole))
      return 'holds no settings: expected "config:", with settings by name below it';
    const { config } = objectOf(whole);
    if (config !== undefined && config !== null && !isJsonObject(config))
      return 'holds no settings: expected settings by name below "config:"';
    return twiceIn(Object.keys(config ?? {}), project);
  } catch (error) {
    const [message = ""] = messageOf(error).split("\n");
    const isCircle = message.includes("circular");
    return `is not valid YAML: ${isCircle ? "an alias stands within what it stands for" : message}`;
  }
}

/** The engine takes one of them, and not always the same. */
function twiceIn(keys: readonly string[], project: string): string | undefined {
  const names = keys.map((key) => settingKey(key, project));
  const second = keys.find((key, index) => names.indexOf(settingKey(key, project)) < index);
  if (second === undefined) return undefined;
  const first = keys[names.indexOf(settingKey(second, project))];
  return `has one setting twice: ${first} and ${second} are the same to the engine; leave one of them out`;
}

/** `berth:apps`, of any of the ways in which the engine lets it be written (sdk/go/common/resource/config/key.go). */
export function settingKey(written: string, project: string): string {
  const [namespace, ...rest] = written.split(":");
  if (rest.length === 0) return `${project}:${written}`;
  return rest.length === 2 && rest[0] === "config" ? `${namespace}:${rest[1]}` : written;
}

/** The `config:` of a stack file, by the keys that the engine knows its parts by; empty where there is none. */
export function configOf(document: Document.Parsed, project: string): Record<string, unknown> {
  const { config } = objectOf(document.toJS());
  return Object.fromEntries(
    Object.entries(objectOf(config)).map(([key, value]) => [settingKey(key, project), value]),
  );
}

/** The pair of a key of `config:`, however it is written. */
export function configPair(document: Document.Parsed, key: string, project: string): Pair | undefined {
  const config = resolved(document, pairOf(document, document.contents, "config")?.value);
  if (!isMap(config)) return undefined;
  return config.items.find((pair) => settingKey(keyText(pair), project) === key);
}

/** The pair of a key in a map, an alias of one, or what is merged into it. */
export function pairOf(document: Document.Parsed, node: unknown, key: string): Pair | undefined {
  const map = resolved(document, node);
  if (!isMap(map)) return undefined;
  const own = map.items.find((pair) => keyText(pair) === key);
  if (own) return own;
  const merged = map.items.filter((pair) => keyText(pair) === "<<").map(({ value }) => value);
  return merged
    .flatMap((value) => sourcesOf(document, value))
    .map((source) => pairOf(document, source, key))
    .find((pair) => pair !== undefined);
}

/** What an alias stands for; anything else is itself. */
export function resolved(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** The node at a path below a pair's value; undefined where there is none. */
export function nodeAt(document: Document.Parsed, from: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((node, step) => {
    const here = resolved(document, node);
    if (isSeq(here)) return here.items[Number(step)];
    return pairOf(document, here, String(step))?.value;
  }, from);
}

/** Of a key that is a text, a number or the like. */
export function keyText({ key }: Pair): string {
  if (!isScalar(key)) return "";
  // The parser has a symbol for the key of a merge.
  return typeof key.value === "symbol" ? (key.value.description ?? "") : String(key.value);
}

/** What a plain number is to the engine; undefined for what is none. */
export function numberInGo(text: string): number | undefined {
  if (!/^[-+.\d]/.test(text)) return undefined;
  const plain = text.replaceAll("_", "");
  const [, sign, octal] = /^([-+]?)0o?([0-7]+)$/.exec(plain) ?? [];
  if (octal !== undefined) return (sign === "-" ? -1 : 1) * Number.parseInt(octal, 8);
  const [, minus, radix] = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+)$/.exec(plain) ?? [];
  if (radix !== undefined) return (minus === "-" ? -1 : 1) * Number(radix);
  if (!/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(plain)) return undefined;
  return Number.isFinite(Number(plain)) ? Number(plain) : undefined;
}

const goNumber: ScalarTag = {
  identify: (value) => typeof value === "number",
  default: true,
  tag: "tag:yaml.org,2002:int",
  test: /^[-+.\d][\d_.xXoObBa-fA-FeE+-]*$/,
  resolve: (text) => numberInGo(text) ?? text,
};

function sourcesOf(document: Document.Parsed, value: unknown): unknown[] {
  const source = resolved(document, value);
  return isSeq(source) ? source.items : [source];
}
