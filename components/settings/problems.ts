import type { z } from "zod";
import { valueAt } from "./lenient-parse";
import { NAMESPACE, type Written } from "./written";

/** `berth:apps.blog.port`. */
export function fullPath(path: readonly string[]): string {
  return `${NAMESPACE}:${path.join(".")}`;
}

/**
 * An issue of a part of the settings, a line for each thing that is wrong. None repeats a value that is a secret or may be one.
 * @param wish the part
 */
export function linesOf(issue: z.core.$ZodIssue, part: string, wish: unknown, written: Written): string[] {
  const path = [part, ...issue.path.map(String)];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${fullPath([...path, key])}: no such setting`);
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map((inner) => `${fullPath(path)}: ${inner.message}`);
  }
  const value = valueAt(wish, issue.path);
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    const what = issue.expected === "object" ? "settings by name" : issue.expected;
    return [`${fullPath(path)}: expected ${what}, got ${kindOf(value)}`];
  }
  const isUnclear = issue.code === "invalid_type" && issue.expected === "string" && isFraction(value);
  const got = written.isSecret(path)
    ? "a secret"
    : written.mayBeSecret(path)
      ? "a value that may be a secret"
      : undefined;
  const message = got === undefined ? issue.message : issue.message.replace(/, got [\s\S]*/, `, got ${got}`);
  return [`${fullPath(path)}: ${message}${isUnclear ? QUOTES : ""}`];
}

/** 1.1 may have been 1.10, which nobody knows any more where it comes from somewhere else than the stack's file. */
const isFraction = (value: unknown) => typeof value === "number" && !Number.isSafeInteger(value);
const QUOTES = " (a number that may have been written in other ways: put it in quotes)";

/** What was not valid and so is not there, when what is between settings is looked at. */
export interface LeftOut {
  readonly path: readonly string[];
  /** Of an app, a repository and the like, which others name. */
  readonly name: string | undefined;
}

/** Whether a problem between settings may only be there because one of them was left out: it is of that one, or names it. */
export function isAbout(path: readonly string[], message: string, { path: left, name }: LeftOut): boolean {
  if (left.every((step, index) => path[index] === step) || message.includes(left.join("."))) return true;
  const isPart = left.length === path.length + 1 && path.every((step, index) => left[index] === step);
  return (isPart && hasWord(message, left.at(-1) ?? "")) || (name !== undefined && hasWord(message, name));
}

const hasWord = (message: string, word: string) =>
  new RegExp(`(^|[^\\w-])${escaped(word)}($|[^\\w-])`).test(message);

const escaped = (text: string) => text.replaceAll(/[^\w-]/g, "\\$&");

/** Only what it is: a text in the wrong place may be a password. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}
