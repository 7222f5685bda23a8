import { isMap, type PropertyMap, type PropertyValue, Secret } from "./value";

/** A property path's segments; `*` matches any one key or index. */
export type Path = readonly (string | number)[];

const NAME = /^[^.[\]"]+/;
const INDEX = /^\[(\d+|\*)\]/;
const QUOTED = /^\["((?:[^"\\]|\\.)*)"\]/;

/** Parses Pulumi's `a.b[0]["c.d"]`. */
export function parsePath(text: string): Path {
  const path: (string | number)[] = [];
  let rest = text;
  while (rest !== "") {
    const quoted = QUOTED.exec(rest);
    const index = INDEX.exec(rest);
    if (quoted) path.push(quoted[1]!.replace(/\\(.)/g, "$1"));
    else if (index) path.push(index[1] === "*" ? "*" : Number(index[1]));
    else if (rest.startsWith(".") && path.length > 0) rest = rest.slice(1);
    const name = quoted || index ? undefined : NAME.exec(rest);
    if (name) path.push(name[0]);
    const matched = (quoted ?? index ?? name)?.[0];
    if (matched === undefined) throw new Error(`invalid property path ${JSON.stringify(text)}`);
    rest = rest.slice(matched.length);
  }
  return path;
}

export function formatPath(path: Path): string {
  let text = "";
  for (const segment of path) {
    if (typeof segment === "number") text += `[${segment}]`;
    else if (/[.[\]"]/.test(segment)) text += `[${JSON.stringify(segment)}]`;
    else text += text === "" ? segment : `.${segment}`;
  }
  return text;
}

/** Whether `path` is `pattern` or lies below it. */
export function pathContains(pattern: Path, path: Path): boolean {
  return (
    pattern.length <= path.length &&
    pattern.every((segment, index) => segment === "*" || segment === path[index])
  );
}

/**
 * `ignoreChanges`: `news` with the values below `path` as they are in `olds` (added, replaced or removed).
 * A `*` goes over the keys of both.
 */
export function resetPath(news: PropertyMap, olds: PropertyMap, path: Path): PropertyMap {
  return resetValue(news, olds, path) as PropertyMap;
}

function resetValue(
  now: PropertyValue | undefined,
  old: PropertyValue | undefined,
  path: Path,
): PropertyValue | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return old;
  if (now instanceof Secret) {
    const inner = resetValue(now.value, old, path);
    return inner === undefined ? undefined : new Secret(inner);
  }
  const before = old instanceof Secret ? old.value : old;
  if (Array.isArray(now)) return resetArray(now, Array.isArray(before) ? before : [], head, rest);
  if (!isMap(now)) return now;
  const olds = isMap(before) ? before : {};
  const keys = head === "*" ? new Set([...Object.keys(now), ...Object.keys(olds)]) : [String(head)];
  const result = { ...now };
  for (const key of keys) {
    const value = resetValue(now[key], olds[key], rest);
    if (value === undefined) delete result[key];
    else result[key] = value;
  }
  return result;
}

function resetArray(now: PropertyValue[], old: PropertyValue[], head: string | number, rest: Path) {
  return now.map((item, index) =>
    head === "*" || head === index ? (resetValue(item, old[index], rest) ?? item) : item,
  );
}
