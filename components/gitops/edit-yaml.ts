import { isDeepStrictEqual } from "node:util";
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parse,
  parseAllDocuments,
  visit,
} from "yaml";
import { parseKeyPath } from "../values/key-path";
import { type FoundValue, findValue, YamlRefusal } from "./find-value";

export interface YamlWish {
  /** Which of several documents: `Deployment/blog`, its kind and its metadata.name. @default the one that has all paths */
  readonly document?: string | undefined;
  /** What is to stand where. */
  readonly values: readonly { readonly path: string; readonly value: string }[];
}

/** A value that is replaced, as people see it. */
export interface LineChange {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** The line; of one with several values in it, as `{ tag: a, other: b }`, this value alone. */
  readonly old: string;
  readonly new: string;
}

export interface EditedYaml {
  readonly text: string;
  /** Empty where all stands there already. */
  readonly changes: readonly LineChange[];
}

/**
 * Replaces single values in a YAML file. Everything else keeps its bytes: comments, order, quotes, line ends, other documents.
 * An anchor keeps its name, and what refers to it follows.
 * @throws YamlRefusal
 */
export function editYaml(text: string, { document, values }: YamlWish): EditedYaml {
  const lines = new LineCounter();
  const documents = parsed(text, lines);
  const found = locate(documents, { document, values });
  const edits = found.flatMap(({ path, value, at }) =>
    isSame(at, value) ? [] : [{ path, value, at, ...spliceOf(at, value) }],
  );
  const ordered = edits.toSorted((one, other) => other.from - one.from);
  const edited = ordered.reduce(
    (so, { from, to, source }) => so.slice(0, from) + source + so.slice(to),
    text,
  );
  for (const { value, at } of edits) at.scalar.value = value;
  if (!isDeepStrictEqual(parsed(edited, new LineCounter()).map(shapeOf), documents.map(shapeOf)))
    throw new YamlRefusal(
      `${edits.map(({ path }) => path).join(", ")}: written there, the file would say something else, too. Write these values in quotes, each on a line of its own`,
    );
  const changes = edits.map(({ path, at, from, to, source }) => {
    const { line } = lines.linePos(from);
    const [begin, end] = at.inFlow ? [from, to] : lineAround(text, from, to);
    const rest = [text.slice(begin, from), text.slice(to, end)];
    return { path, line, old: text.slice(begin, end), new: rest.join(source) };
  });
  return { text: edited, changes: changes.toSorted((one, other) => one.line - other.line) };
}

function parsed(text: string, lineCounter: LineCounter): Document.Parsed[] {
  const documents = parseAllDocuments(text, { keepSourceTokens: true, lineCounter, prettyErrors: false });
  if (!Array.isArray(documents) || documents.length === 0) throw new YamlRefusal("it is empty");
  const [error] = documents.flatMap(({ errors }) => errors);
  if (!error) return documents;
  const { line } = lineCounter.linePos(error.pos[0]);
  const template = text.includes("{{")
    ? ". A template is no YAML: name the file with the values that it takes"
    : "";
  throw new YamlRefusal(`line ${line} can't be read as YAML (${error.message})${template}`);
}

interface Located {
  readonly path: string;
  readonly value: string;
  readonly at: FoundValue;
}

function locate(documents: readonly Document.Parsed[], { document, values }: YamlWish): Located[] {
  const places = (one: Document.Parsed) =>
    values.map(({ path, value }) => ({ path, value, at: findValue(one, parseKeyPath(path)!) }));
  const candidates = document === undefined ? documents : documents.filter((one) => nameOf(one) === document);
  const [first, ...more] = candidates;
  const there = documents.map(nameOf).join(", ");
  if (!first) throw new YamlRefusal(`it has no document ${document}; it has ${there || "none"}`);
  if (more.length === 0) return places(first);
  if (document !== undefined) throw new YamlRefusal(`it has ${candidates.length} documents ${document}`);
  const [found, ...others] = candidates.flatMap((one) => {
    try {
      return [places(one)];
    } catch (error) {
      if (error instanceof YamlRefusal) return [];
      throw error;
    }
  });
  const which = `say which of its documents is meant, as document: ${nameOf(first)}; it has ${there}`;
  if (!found)
    throw new YamlRefusal(
      `${values.map(({ path }) => path).join(", ")}: in none of its documents: mend the path, or ${which}`,
    );
  if (others.length > 0) throw new YamlRefusal(`${values[0]!.path}: in several of its documents: ${which}`);
  return found;
}

/** `Deployment/blog`, as far as a document says so. */
function nameOf(document: Document.Parsed): string {
  const told = [["kind"], ["metadata", "name"]].map((path) => document.getIn(path));
  return told.map((one) => (typeof one === "string" ? one : "?")).join("/");
}

/** A text that another reader takes for something else is not the same: `tag: 1.10` is 1.1 to Helm. */
function isSame({ scalar, inFlow }: FoundValue, value: string): boolean {
  if (scalar.value !== value) return false;
  return scalar.type !== "PLAIN" || mayStandPlain(value, inFlow);
}

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly source: string;
}

function spliceOf({ scalar, pair, inFlow }: FoundValue, value: string): Splice {
  const [from, to] = scalar.range;
  if (from < to) return { from, to, source: sourceOf(value, scalar.type, inFlow) };
  // An empty value has no place of its own: it goes behind the colon, or what the value is called by.
  const sep = pair?.srcToken && "sep" in pair.srcToken ? (pair.srcToken.sep ?? []) : [];
  const last = sep.findLast(({ type }) => type === "map-value-ind" || type === "anchor" || type === "tag");
  if (!last) throw new YamlRefusal('there is an empty value that can\'t be filled: write "" there');
  const behind = last.offset + last.source.length;
  return { from: behind, to: behind, source: ` ${sourceOf(value, "PLAIN", inFlow)}` };
}

function sourceOf(value: string, style: unknown, inFlow: boolean): string {
  if (style === "QUOTE_SINGLE") return `'${value.replaceAll("'", "''")}'`;
  return style === "PLAIN" && mayStandPlain(value, inFlow) ? value : JSON.stringify(value);
}

/**
 * Whether it is this text without quotes to every reader: to those of YAML 1.1, too, as Kubernetes and Helm are, to which more is
 * a number, and some of which take no colon within braces.
 */
function mayStandPlain(value: string, inFlow: boolean): boolean {
  if (!/^[A-Za-z0-9][\w./@-]*(:[\w./@-]+)*$/.test(value) || (inFlow && value.includes(":"))) return false;
  return (["1.1", "1.2"] as const).every((version) => parse(value, { version }) === value);
}

/** All that a document says, and what by aliases. */
function shapeOf(document: Document.Parsed): unknown[] {
  const said: unknown[] = [];
  visit(document, {
    Node: (key, node) => {
      const at = typeof key === "number" ? key : String(key);
      if (isScalar(node)) said.push([at, node.value, node.anchor, node.tag]);
      else if (isAlias(node)) said.push([at, `*${node.source}`]);
      else said.push([at, isMap(node) ? "map" : "list", isCollection(node) ? node.anchor : undefined]);
    },
  });
  return said;
}

function lineAround(text: string, from: number, to: number): [number, number] {
  const end = /\r?\n|$/.exec(text.slice(to))!.index;
  return [text.lastIndexOf("\n", from - 1) + 1, to + end];
}
