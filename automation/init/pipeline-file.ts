import { isDeepStrictEqual } from "node:util";
import { isMap, isNode, isScalar, isSeq, type Node, type Pair, parseAllDocuments, stringify } from "yaml";
import { isJsonObject, objectOf } from "../../components/values/json-object";
import { lineBreakOf, spliced } from "../stack-file/yaml-edit";
import { CommandError, Exit } from "../terminal/exit";

/** What the include of Berth's pipeline is to say. */
export interface PipelineWish {
  /** `PROJECT/berth@VERSION` of a component, or a URL or a path of its file. */
  readonly pipeline: string;
  /** The Pulumi project's, with a slash at its end; empty for the repository's top. */
  readonly folder: string;
  /** Inputs: what installs, checks and tests, where it isn't as by default. */
  readonly inputs: Readonly<Record<string, string>>;
}

export function isPipeline(text: string): boolean {
  return /^\S+\/\S+@\S+$/.test(text) || /^\S+\.ya?ml$/.test(text);
}

/** Whether the file includes Berth's pipeline. @throws CommandError (exit 2) where it can't be read */
export function hasPipeline(text: string, path: string): boolean {
  return listOf(readPipeline(text, path).content["include"]).some(isBerths);
}

/** The whole file, for a project without any. */
export function newPipeline(wish: PipelineWish): string {
  const [first, ...rest] = includeLines(wish);
  return [
    "# Berth's pipeline: a preview in merge requests, dev for each commit of the default branch, prod by hand. Jobs of your own go below;",
    "# those of the stages before deploy have to succeed before dev is deployed.",
    "include:",
    `  - ${first}`,
    ...rest.map((line) => `    ${line}`),
    "",
    "# Where your runner has tags:",
    "# .berth: { tags: [deploys] }",
    "",
  ].join("\n");
}

/**
 * The file with the include added; all else keeps its bytes. The same text where Berth's pipeline is included already.
 * @throws CommandError (exit 2) where it can't be read, or has no stage for it
 */
export function withPipeline(text: string, wish: PipelineWish, path: string): string {
  const before = readPipeline(text, path);
  const includes = listOf(before.content["include"]);
  if (includes.some(isBerths)) return text;
  const lines = includeLines({
    ...wish,
    inputs: { ...wish.inputs, ...stagesFor(before.content["stages"], path) },
  });
  const changed = inserted(text, before.pair, lines);
  const { content } = readPipeline(changed, path);
  const wanted = { ...before.content, include: [...includes, ...listOf(includeOf(lines))] };
  if (isDeepStrictEqual(content, wanted)) return changed;
  throw new CommandError(
    `Berth's pipeline couldn't be added to ${path}: its include is written in a way that can't be changed by itself. Add this to it, ` +
      `then run this again:\n${lines.map((line, index) => `  ${index === 0 ? "- " : "  "}${line}`).join("\n")}`,
    Exit.usage,
  );
}

function includeLines({ pipeline, folder, inputs }: PipelineWish): string[] {
  const place = pipeline.includes("@")
    ? { component: `$CI_SERVER_FQDN/${pipeline.replace(/^\$CI_SERVER_FQDN\//, "")}` }
    : /^https?:/.test(pipeline)
      ? { remote: pipeline }
      : { local: pipeline };
  const all = { ...(folder !== "" && { folder }), ...inputs };
  const reasons: Readonly<Record<string, string>> = {
    folder: "where the Pulumi project is",
    check: "what has to hold before anything is deployed",
    test: "your app's tests, as far as the image of Berth's jobs can run them",
  };
  const given = Object.entries(all).map(([name, value]) => {
    const reason = reasons[name];
    return `  ${name}: ${stringify(value, { lineWidth: 0 }).trimEnd()}${reason === undefined ? "" : ` # ${reason}`}`;
  });
  return [stringify(place, { lineWidth: 0 }).trimEnd(), ...(given.length > 0 ? ["inputs:", ...given] : [])];
}

function includeOf(lines: readonly string[]): unknown {
  return parseAllDocuments(lines.join("\n"))[0]?.toJS();
}

interface Pipeline {
  readonly content: Readonly<Record<string, unknown>>;
  readonly pair: Pair | undefined;
}

/** The last document: before it there may be a header with inputs. */
function readPipeline(text: string, path: string): Pipeline {
  const refuse = (why: string) =>
    new CommandError(`${path} ${why} Repair it, then run this again.`, Exit.usage);
  const documents = parseAllDocuments(text, { keepSourceTokens: true, logLevel: "silent" });
  const document = Array.isArray(documents) ? documents.at(-1) : undefined;
  if (!document) return { content: {}, pair: undefined };
  const [error] = document.errors;
  if (error) throw refuse(`is not valid YAML: ${error.message.split("\n")[0]}`);
  const content: unknown = document.toJS({ maxAliasCount: -1 }) ?? {};
  if (!isJsonObject(content)) throw refuse("holds no pipeline: expected jobs by name.");
  const { contents } = document;
  const pair = isMap(contents)
    ? contents.items.find(({ key }) => isScalar(key) && key.value === "include")
    : undefined;
  return { content, pair };
}

const listOf = (value: unknown): unknown[] => (value === undefined || value === null ? [] : [value].flat());

function isBerths(include: unknown): boolean {
  const { component, file, local, remote } =
    typeof include === "string" ? { local: include } : objectOf(include);
  const names = [component, file, local, remote].flat().map(String);
  return names.some((name) => /(^|\/)berth@|(^|\/)berth\.ya?ml$/.test(name));
}

/** GitLab refuses a job of a stage that isn't listed. Where it isn't called as by default, the last one deploys. */
function stagesFor(stages: unknown, path: string): Record<string, string> {
  if (!Array.isArray(stages)) return {};
  const names = stages.map(String).filter((name) => !["build", ".pre", ".post"].includes(name));
  const deploy = names.includes("deploy") ? "deploy" : names.at(-1);
  const before = names.slice(0, deploy === undefined ? 0 : names.indexOf(deploy));
  const test = before.includes("test") ? "test" : before.at(-1);
  if (deploy === undefined || test === undefined)
    throw new CommandError(
      `${path} has the stages ${stages.join(", ")}: Berth needs one to test in, and a later one to deploy in. ` +
        "Add test and deploy to them, then run this again.",
      Exit.usage,
    );
  return {
    ...(test !== "test" && { stage_test: test }),
    ...(deploy !== "deploy" && { stage_deploy: deploy }),
  };
}

/** The lines as an item of the include's list, which is made where there is none. */
function inserted(text: string, pair: Pair | undefined, lines: readonly string[]): string {
  const eol = lineBreakOf(text);
  const item = (indent: string) =>
    lines.map((line, index) => `${indent}${index === 0 ? "- " : "  "}${line}`).join(eol);
  const { key, value } = pair ?? {};
  if (!isNode(key) || !isNode(value)) {
    const open = text === "" || text.endsWith("\n") ? "" : eol;
    return `${text}${open}${text.trim() === "" ? "" : eol}include:${eol}${item("  ")}${eol}`;
  }
  if (isScalar(value) && value.value === null) return withItem(text, key.range?.[1] ?? 0, item("  "), eol);
  if (isSeq(value) && !value.flow) {
    const column = text.slice(text.lastIndexOf("\n", startOf(value) - 1) + 1, startOf(value));
    return withItem(text, endOf(value), item(column.replace(/\S.*$/, "")), eol);
  }
  if (isSeq(value)) {
    const close = text.lastIndexOf("]", endOf(value) - 1);
    const comma = value.items.length > 0 ? ", " : "";
    return spliced(
      text,
      close,
      close,
      `${comma}${stringify(includeOf(lines), { collectionStyle: "flow", lineWidth: 0 }).trimEnd()}`,
    );
  }
  return asList(text, value, item("  "), eol);
}

/** One include becomes the first of a list. */
function asList(text: string, value: Node, added: string, eol: string): string {
  const [start, end] = [startOf(value), endOf(value)];
  const isBlock = isMap(value) && !value.flow;
  const before = text.slice(0, start).replace(/\s+$/, "");
  const lines = text.slice(start, end).trimEnd().split(/\r?\n/);
  const indent = isBlock ? (/ *$/.exec(text.slice(0, start))?.[0].length ?? 0) : 0;
  const [first = "", ...rest] = lines;
  const item = [`  - ${first}`, ...rest.map((line) => `    ${isBlock ? line.slice(indent) : line}`)].join(
    eol,
  );
  return withItem(
    `${before}${eol}${item}${text.slice(start + text.slice(start, end).trimEnd().length)}`,
    before.length + eol.length + item.length,
    added,
    eol,
  );
}

/** Behind the line that `at` is on, comments on it included. */
function withItem(text: string, at: number, item: string, eol: string): string {
  const from = text[at - 1] === "\n" ? at - 1 : text.indexOf("\n", at);
  const end = from === -1 ? text.length : from + 1;
  const open = from === -1 ? eol : "";
  return spliced(text, end, end, `${open}${item}${eol}`);
}

const startOf = (node: Node) => node.range?.[0] ?? 0;

/** Where the last value in it ends, before comments and blank lines that follow it. */
function endOf(node: Node): number {
  const last =
    isSeq(node) && !node.flow
      ? node.items.at(-1)
      : isMap(node) && !node.flow
        ? node.items.at(-1)?.value
        : undefined;
  return isNode(last) ? endOf(last) : (node.range?.[1] ?? 0);
}
