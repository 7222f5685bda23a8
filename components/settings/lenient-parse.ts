import type { z } from "zod";
import { isJsonObject } from "../values/json-object";
import { holdsSecret } from "./fields";
import type { Written } from "./written";

type Path = readonly PropertyKey[];

export interface Parsed<T> {
  /** What is valid, with what isn't left out of it; undefined where nothing is left. */
  readonly data: T | undefined;
  readonly issues: readonly z.core.$ZodIssue[];
  /** What the issues are about, with texts in place of numbers and flags where these are asked for, and the other way round. */
  readonly wish: unknown;
  /** Paths of what was left out. */
  readonly pruned: readonly Path[];
}

/**
 * Parses one part of the settings. Where a text is expected YAML may have made a number or a flag of it: then what stands in the
 * file is taken. Where one of these is expected a text of it is one. A mistake doesn't keep the rest from being checked: it is left
 * out, with what can't be without it.
 * @param at where the part stands among the settings
 */
export function lenientParse<T extends z.ZodType>(
  schema: T,
  given: unknown,
  at: Path,
  written: Written,
): Parsed<z.infer<T>> {
  const wish = asWanted(schema, given, at, written);
  const first = schema.safeParse(wish);
  if (first.success) return { data: first.data, issues: [], wish, pruned: [] };
  const pruned: Path[] = [];
  const left = copyOf(wish);
  let { issues } = first.error;
  while (issues.length > 0) {
    const paths = withoutDoubles(issues.flatMap(pathsOf).map((path) => presentPath(left, path)));
    pruned.push(...paths);
    if (paths.some((path) => path.length === 0))
      return { data: undefined, issues: first.error.issues, wish, pruned };
    for (const path of paths) remove(left, path);
    const again = schema.safeParse(left);
    if (again.success) return { data: again.data, issues: first.error.issues, wish, pruned };
    issues = again.error.issues;
  }
  throw new Error("zod failed without an issue");
}

/** The schemas of what may stand at a path: of a union there are several. */
export function schemasAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if ("innerType" in def) return schemasAt(def.innerType, path);
  if (def.type === "pipe") return schemasAt(def.in, path);
  if (def.type === "union") return def.options.flatMap((option) => schemasAt(option, path));
  const [step, ...rest] = path;
  if (step === undefined) return [schema];
  if (def.type === "object")
    return [def.shape[String(step)] ?? []].flat().flatMap((inner) => schemasAt(inner, rest));
  if (def.type === "record") return schemasAt(def.valueType, rest);
  return def.type === "array" ? schemasAt(def.element, rest) : [];
}

export function valueAt(wish: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined | null)?.[key],
    wish,
  );
}

/**
 * Texts in place of the numbers and flags where the schema asks for texts, and the other way round: `pulumi config set --path … 0.5`
 * writes a text. Each round may show others, behind a choice.
 */
function asWanted(schema: z.ZodType, given: unknown, at: Path, written: Written): unknown {
  let wish = given;
  for (;;) {
    const result = schema.safeParse(wish);
    const found = result.success ? [] : result.error.issues.flatMap((issue) => valueFor(issue, wish));
    if (found.length === 0) return wish;
    wish = copyOf(wish);
    for (const { path, value } of found) set(wish, path, value);
  }

  function valueFor(issue: z.core.$ZodIssue, wish: unknown): { path: Path; value: Plain }[] {
    if (issue.code !== "invalid_type" || issue.path.length === 0) return [];
    const { path } = issue;
    const got = valueAt(wish, path);
    const value = issue.expected === "string" ? textOf(got, path) : plainOf(got, issue.expected);
    return value === undefined ? [] : [{ path, value }];
  }

  function textOf(value: unknown, path: Path): string | undefined {
    if (typeof value !== "number" && typeof value !== "boolean") return undefined;
    if (schemasAt(schema, path).some(holdsSecret)) return undefined;
    return written.textAt([...at, ...path], value) ?? onlyTextOf(value);
  }
}

type Plain = string | number | boolean;

/** Of a text that is written as numbers and flags are, and in no other way. */
function plainOf(text: unknown, expected: string): number | boolean | undefined {
  if (typeof text !== "string") return undefined;
  if (expected === "boolean") return { true: true, false: false }[text];
  const isNumber = ["number", "int"].includes(expected) && /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(text);
  return isNumber ? Number(text) : undefined;
}

/** 8000 and true are written in one way by everybody; 1.1 may have been 1.10, and 1e21 anything. */
function onlyTextOf(value: number | boolean): string | undefined {
  return typeof value === "boolean" || Number.isSafeInteger(value) ? String(value) : undefined;
}

/** What an issue is about. */
function pathsOf(issue: z.core.$ZodIssue): Path[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...issue.path, key]);
  return [issue.path];
}

/** What is missing can't be taken out: what misses it is. Of a list, the whole: its places would move. */
function presentPath(value: unknown, path: Path): Path {
  for (let length = path.length; length > 0; length--) {
    const parent = valueAt(value, path.slice(0, length - 1));
    const key = path[length - 1]!;
    if (isJsonObject(parent) && key in parent) return path.slice(0, length);
  }
  return [];
}

/** Aliases of a YAML file share what they stand for. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner)]));
}

function withoutDoubles(paths: readonly Path[]): Path[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

function remove(value: unknown, path: Path): void {
  const parent = valueAt(value, path.slice(0, -1));
  if (typeof parent === "object" && parent !== null)
    delete (parent as Record<PropertyKey, unknown>)[path.at(-1)!];
}

function set(value: unknown, path: Path, wanted: Plain): void {
  (valueAt(value, path.slice(0, -1)) as Record<PropertyKey, unknown>)[path.at(-1)!] = wanted;
}
