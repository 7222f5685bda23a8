import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { formatKeyPath, type KeyStep } from "../values/key-path";

/** Why a YAML file can't be edited as it is wanted, with the next step. Holds none of its values: they may be secrets. */
export class YamlRefusal extends Error {
  override name = "YamlRefusal";
}

/** A value that can be replaced. */
export interface FoundValue {
  readonly scalar: Scalar.Parsed;
  /** What it is the value of; undefined in a list. */
  readonly pair: Pair | undefined;
  /** Whether it stands between braces or brackets, where fewer texts may stand without quotes. */
  readonly inFlow: boolean;
}

interface Place {
  readonly node: unknown;
  readonly pair: Pair | undefined;
  readonly inFlow: boolean;
}

/** @throws YamlRefusal where at the path is nothing, or no single value that is the place's own */
export function findValue(document: Document.Parsed, steps: readonly KeyStep[]): FoundValue {
  const whole = formatKeyPath(steps);
  let place: Place = { node: document.contents, pair: undefined, inFlow: false };
  for (const [index, step] of steps.entries()) {
    const at = { whole, here: formatKeyPath(steps.slice(0, index)) };
    if (isAlias(place.node)) throw aliasRefusal(at, place.node.source);
    place = { ...stepInto(place.node, step, at), inFlow: place.inFlow || isFlow(place.node) };
  }
  return asValue(place, whole);
}

interface At {
  /** The path that is wanted, and how far along it this is: empty at the top. */
  readonly whole: string;
  readonly here: string;
}

type Next = Omit<Place, "inFlow">;

function stepInto(node: unknown, step: KeyStep, at: At): Next {
  if (isMap(node)) return typeof step === "string" ? ofMap(node, step, at) : wrongKind(at, "a map", step);
  if (isSeq(node)) return typeof step === "string" ? wrongKind(at, "a list", step) : ofList(node, step, at);
  const what = isScalar(node) && node.value !== null ? "a single value" : "empty";
  throw new YamlRefusal(
    `${at.whole}: ${at.here || "the file"} is ${what}, so there is nothing in it. Where it is the whole image, name it by ` +
      "itself: values: { image: … }",
  );
}

function ofMap(map: YAMLMap, key: string, { whole, here }: At): Next {
  const pair = map.items.find((one) => isScalar(one.key) && String(one.key.value) === key);
  if (pair) return { node: pair.value, pair };
  const keys = map.items.flatMap(({ key: one }) => (isScalar(one) ? [String(one.value)] : []));
  const merged = keys.includes("<<")
    ? " What comes there by << stands elsewhere: name that place, or write the key here, too."
    : "";
  throw new YamlRefusal(
    `${whole}: ${here || "the top of the file"} has no key ${key}; it has ${keys.join(", ") || "none"}.${merged} ` +
      `Write ${key}: "" where it belongs, or mend the path`,
  );
}

function ofList(list: YAMLSeq, step: Exclude<KeyStep, string>, { whole, here }: At): Next {
  if (typeof step === "number") {
    if (step < list.items.length) return { node: list.items[step], pair: undefined };
    throw new YamlRefusal(`${whole}: ${here} has ${list.items.length} elements, counted from 0`);
  }
  const found = list.items.filter((one) => isMap(one) && String(one.get(step.key)) === step.is);
  if (found.length === 1) return { node: found[0], pair: undefined };
  const many = found.length === 0 ? "no element" : `${found.length} elements`;
  throw new YamlRefusal(`${whole}: ${here} has ${many} with ${step.key}: ${step.is}`);
}

function wrongKind({ whole, here }: At, what: "a map" | "a list", step: KeyStep): never {
  const where = here || "the top of the file";
  if (what === "a map")
    throw new YamlRefusal(`${whole}: ${where} is a map, and ${formatKeyPath([step])} is for lists`);
  throw new YamlRefusal(
    `${whole}: ${where} is a list: say which element, by its place (${here}[0]) or by what is in it (${here}[name=…])`,
  );
}

function asValue({ node, pair, inFlow }: Place, whole: string): FoundValue {
  if (isAlias(node)) throw aliasRefusal({ whole, here: whole }, node.source);
  if (isMap(node) || isSeq(node)) {
    const what = isMap(node) ? "a map" : "a list";
    throw new YamlRefusal(
      `${whole} is ${what}, where a single value is expected: name the one in it that is to change`,
    );
  }
  if (!isScalar(node) || !node.range)
    throw new YamlRefusal(`${whole} has no value, not even an empty one: write "" there`);
  if (node.tag !== undefined && node.tag !== "tag:yaml.org,2002:str")
    throw new YamlRefusal(
      `${whole} is marked as ${node.tag}, and what is written there is text: take the mark out`,
    );
  const source = node.srcToken;
  const isBlock =
    source !== undefined &&
    "source" in source &&
    (source.type === "block-scalar" || source.source.includes("\n"));
  if (isBlock) throw new YamlRefusal(`${whole} is a text of several lines: write it on one`);
  return { scalar: node as Scalar.Parsed, pair, inFlow };
}

function aliasRefusal({ whole, here }: At, anchor: string): YamlRefusal {
  return new YamlRefusal(
    `${whole}: ${here} is *${anchor}, which stands for what is written at &${anchor}: name that place, and all that refer to it follow`,
  );
}

function isFlow(node: unknown): boolean {
  return (isMap(node) || isSeq(node)) && node.flow === true;
}
