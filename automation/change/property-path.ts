import { isMap, isSecret, isUnknown } from "./shown";

export type PathPart = string | number;

/** `ports[0].internal`, `labels["a.b"]`: as the engine writes paths (Pulumi's PropertyPath). */
export function formatPath(parts: readonly PathPart[]): string {
  return parts
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[^."[\]]+$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}

/** The parts of a path of the engine's. One that isn't well-formed is the name of one property. */
export function parsePath(path: string): PathPart[] {
  const parts: PathPart[] = [];
  let rest = path;
  while (rest !== "") {
    const match = /^(?:\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([^.[\]"]+))/.exec(rest);
    if (!match) return [path];
    const [whole, index, quoted, name] = match;
    parts.push(index !== undefined ? Number(index) : quoted !== undefined ? unquoted(quoted) : name!);
    rest = rest.slice(whole.length);
  }
  return parts;
}

/** Undefined where there is nothing. Within a secret all is secret, and within what isn't known all is unknown. */
export function valueAt(value: unknown, parts: readonly PathPart[]): unknown {
  return parts.reduce<unknown>((inner, part) => {
    if (isSecret(inner) || isUnknown(inner)) return inner;
    if (Array.isArray(inner) && typeof part === "number") return inner[part];
    return isMap(inner) && typeof part === "string" && Object.hasOwn(inner, part) ? inner[part] : undefined;
  }, value);
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}
