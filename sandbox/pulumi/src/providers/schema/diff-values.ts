import type { DiffKind, DiffResult, Props, Value } from "../provider";
import { UNKNOWN } from "../provider";
import { equal, isObject } from "./value";

/** Compares inputs leaf by leaf, as Pulumi's own providers do; `replacing` names the top-level properties that replace. */
export function diffValues(olds: Props, news: Props, replacing: readonly string[]): DiffResult {
  const detailed: { [path: string]: DiffKind } = {};
  const replaces: string[] = [];
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    const leaves: { [path: string]: "add" | "delete" | "update" } = {};
    collect(name, olds[name], news[name], leaves);
    const replace = replacing.includes(name);
    for (const [path, kind] of Object.entries(leaves)) detailed[path] = replace ? `${kind}-replace` : kind;
    if (replace && Object.keys(leaves).length > 0) replaces.push(name);
  }
  return { changes: Object.keys(detailed).length > 0, replaces, deleteBeforeReplace: false, detailed };
}

function collect(
  path: string,
  old: Value | undefined,
  next: Value | undefined,
  leaves: { [path: string]: "add" | "delete" | "update" },
): void {
  if (equal(old, next)) return;
  const absent = (value: Value | undefined) => value === undefined || value === null;
  if (absent(old)) leaves[path] = "add";
  else if (absent(next)) leaves[path] = "delete";
  else if (next !== UNKNOWN && Array.isArray(old) && Array.isArray(next)) {
    for (let index = 0; index < Math.max(old.length, next.length); index++) {
      collect(`${path}[${index}]`, old[index], next[index], leaves);
    }
  } else if (isObject(old) && isObject(next)) {
    for (const name of new Set([...Object.keys(old), ...Object.keys(next)])) {
      collect(
        /^[\w-]+$/.test(name) ? `${path}.${name}` : `${path}["${name}"]`,
        old[name],
        next[name],
        leaves,
      );
    }
  } else leaves[path] = "update";
}
