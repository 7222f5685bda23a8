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

/** Whether `path` is `pattern` or lies below it. */
export function pathContains(pattern: Path, path: Path): boolean {
  return (
    pattern.length <= path.length &&
    pattern.every((segment, index) => segment === "*" || segment === path[index])
  );
}
