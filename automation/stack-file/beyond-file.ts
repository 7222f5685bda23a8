import { isJsonObject, type JsonObject } from "../../components/values/json-object";

type Config = Record<string, unknown>;

/**
 * The engine's way to put an environment's settings below those of a stack: a JSON merge patch, the stack's being the patch
 * (RFC 7386; pulumi/pkg/workspace/config.go). What is only in Pulumi.yaml has no counterpart in the stack.
 */
export function merged(below: Config, above: Config): Config {
  const result: Config = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = result[key];
    if (value === null && key in below) delete result[key];
    else
      result[key] =
        isJsonObject(under) && isJsonObject(value) && !isEncrypted(value) ? merged(under, value) : value;
  }
  return result;
}

/** What of the whole isn't a part's. */
export function without(whole: Config, part: Config): Config {
  const entries = Object.entries(whole).flatMap(([key, value]): [string, unknown][] => {
    if (!(key in part)) return [[key, value]];
    const mine = part[key];
    if (!isJsonObject(value) || !isJsonObject(mine) || isEncrypted(mine)) return [];
    const rest = without(value, mine);
    return Object.keys(rest).length > 0 ? [[key, rest]] : [];
  });
  return Object.fromEntries(entries);
}

/** `{secure: v1:…}`. */
function isEncrypted(value: JsonObject): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === "secure";
}
