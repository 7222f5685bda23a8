import type { JsonSchema } from "./stack-schema";

/** Shapes that are shorter than this stand where they are. */
const LEAST = 300;

/**
 * The same schema with every larger shape that it has more than once among its `definitions`, under the name of the setting that
 * has it.
 */
export function withDefinitions(schema: JsonSchema): JsonSchema {
  const counts = new Map<string, number>();
  count(schema, counts);
  const names = new Map<string, string>();
  const definitions: Record<string, unknown> = {};
  const named = (value: unknown, key: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const text = JSON.stringify(value);
    if (!isShape(value) || text.length < LEAST || (counts.get(text) ?? 0) < 2) return inside(value, key);
    const known = names.get(text);
    if (known !== undefined) return { $ref: `#/definitions/${known}` };
    const name = freeName(key, definitions);
    names.set(text, name);
    definitions[name] = {}; // the name is taken
    definitions[name] = inside(value, key);
    return { $ref: `#/definitions/${name}` };
  };
  const inside = (value: object, key: string): unknown =>
    Array.isArray(value)
      ? value.map((one) => named(one, typeName(one) ?? key))
      : Object.fromEntries(
          Object.entries(value).map(([name, one]) => [name, named(one, KEYWORDS.has(name) ? key : name)]),
        );
  const root = inside(schema, "stack") as JsonSchema;
  return { ...root, definitions } as JsonSchema;
}

/** Words of JSON schema's below which other shapes stand, which say nothing of the setting. */
const KEYWORDS = new Set(["properties", "additionalProperties", "items", "anyOf", "oneOf", "then", "else"]);

/** Not the map of `properties`, in which a setting may be called `type`. */
function isShape(value: object): boolean {
  const { type, anyOf, oneOf } = value as JsonSchema;
  return typeof type === "string" || [type, anyOf, oneOf].some(Array.isArray);
}

function count(value: unknown, counts: Map<string, number>): void {
  if (typeof value !== "object" || value === null) return;
  const text = JSON.stringify(value);
  counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const one of Object.values(value)) count(one, counts);
}

function typeName(value: unknown): string | undefined {
  const { properties } = (value ?? {}) as { properties?: { type?: { const?: string } } };
  return properties?.type?.const;
}

function freeName(key: string, taken: object): string {
  const name = key.replace(/[^\w-]/g, "-");
  for (let number = 2; ; number++) {
    const tried = number === 2 ? name : `${name}-${number - 1}`;
    if (!(tried in taken)) return tried;
  }
}
