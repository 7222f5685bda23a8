import type { DiffKind, DiffResult, Props, Value } from "../provider";
import { UNKNOWN } from "../provider";
import type { Field, Fields } from "./field";
import { plannedValue } from "./plan";
import { equal, isObject, isZero } from "./value";

type Change = "add" | "delete" | "update";
type Changes = { [path: string]: Change };

/**
 * Compares what is wanted with the recorded state, as Terraform plans: a property that the program doesn't
 * give is compared with its zero, unless the resource decides it.
 */
export function diffOutputs(
  fields: Fields,
  inputs: Props,
  outputs: Props,
  deleteBeforeReplace = false,
): DiffResult {
  const detailed: { [path: string]: DiffKind } = {};
  const replaces: string[] = [];
  for (const [name, known] of Object.entries(fields)) {
    const changes = Object.entries(diffField(known, name, inputs[name], outputs[name]));
    for (const [path, change] of changes)
      detailed[path] = known.replace === true ? `${change}-replace` : change;
    if (changes.length > 0 && known.replace === true) replaces.push(name);
  }
  return { changes: Object.keys(detailed).length > 0, replaces, deleteBeforeReplace, detailed };
}

/** Path to change of one property; empty where there is none. */
export function diffField(
  known: Field,
  path: string,
  wanted: Value | undefined,
  recorded: Value | undefined,
): Changes {
  if (wanted === undefined && known.computed === true) return neverRead(known, path, recorded);
  if (wanted === UNKNOWN) return { [path]: isZero(recorded) ? "add" : "update" };
  const next = wanted ?? known.empty ?? null;
  if (isZero(next) && isZero(recorded)) return {};
  switch (known.kind) {
    case "set":
      return diffSet(path, next, recorded);
    case "list":
      return diffList(path, next, recorded);
    case "map":
      return diffMap(path, next, recorded);
    case "objects":
      return sameObjects(known, next, recorded) ? {} : whole(path, next, recorded);
    case "object":
      return sameObject(known.fields ?? {}, next, recorded) ? {} : whole(path, next, recorded);
    default:
      return equal(next, recorded) ? {} : whole(path, next, recorded);
  }
}

/** A list that only the resource knows and that was never read back: the creation failed halfway. */
function neverRead(known: Field, path: string, recorded: Value | undefined): Changes {
  const lists = known.kind === "list" || known.kind === "objects";
  return lists && recorded === null ? { [path]: "add" } : {};
}

function whole(path: string, next: Value, recorded: Value | undefined): Changes {
  if (isZero(next)) return { [path]: "delete" };
  return { [path]: isZero(recorded) ? "add" : "update" };
}

function diffSet(path: string, next: Value, recorded: Value | undefined): Changes {
  const wanted = Array.isArray(next) ? next : [];
  // Terraform keeps a set in the order of its elements, and that is where it says that one goes.
  const had = Array.isArray(recorded) ? [...recorded].sort(byText) : [];
  const changes: Changes = {};
  wanted.forEach((item, index) => {
    if (!had.some((other) => equal(item, other))) changes[`${path}[${index}]`] = "add";
  });
  had.forEach((item, index) => {
    if (wanted.some((other) => equal(item, other))) return;
    const at = `${path}[${index}]`;
    changes[at] = changes[at] === "add" ? "update" : "delete";
  });
  return changes;
}

function byText(left: Value, right: Value): number {
  const [a, b] = [String(left), String(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function diffList(path: string, next: Value, recorded: Value | undefined): Changes {
  const wanted = Array.isArray(next) ? next : [];
  const had = Array.isArray(recorded) ? recorded : [];
  const changes: Changes = {};
  for (let index = 0; index < Math.max(wanted.length, had.length); index++) {
    if (index >= had.length) changes[`${path}[${index}]`] = "add";
    else if (index >= wanted.length) changes[`${path}[${index}]`] = "delete";
    else if (!equal(wanted[index], had[index])) changes[`${path}[${index}]`] = "update";
  }
  return changes;
}

function diffMap(path: string, next: Value, recorded: Value | undefined): Changes {
  const wanted = isObject(next) ? next : {};
  const had = isObject(recorded) ? recorded : {};
  const changes: Changes = {};
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(had)])) {
    const at = /^[\w-]+$/.test(name) ? `${path}.${name}` : `${path}["${name}"]`;
    if (had[name] === undefined) changes[at] = "add";
    else if (wanted[name] === undefined) changes[at] = "delete";
    else if (!equal(wanted[name], had[name])) changes[at] = "update";
  }
  return changes;
}

function sameObjects(known: Field, next: Value, recorded: Value | undefined): boolean {
  const wanted = Array.isArray(next) ? next : [];
  const had = Array.isArray(recorded) ? [...recorded] : [];
  if (wanted.length !== had.length) return false;
  return wanted.every((item) => {
    const match = had.findIndex((other) => sameObject(known.fields ?? {}, item, other));
    if (match >= 0) had.splice(match, 1);
    return match >= 0;
  });
}

function sameObject(fields: Fields, next: Value, recorded: Value | undefined): boolean {
  if (!isObject(next) || !isObject(recorded)) return isZero(next) && isZero(recorded);
  return Object.entries(fields).every(([name, known]) => {
    if (next[name] === undefined && known.computed === true) return true;
    const planned = plannedValue(known, next[name]);
    return Object.keys(diffField(known, name, planned, recorded[name])).length === 0;
  });
}
