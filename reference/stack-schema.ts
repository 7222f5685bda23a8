import { z } from "zod";
import { holdsSecret, writtenShape } from "../components/settings/fields";
import { entryDefaults, mayBeLeftOut } from "../components/settings/nexus/nexus-defaults";
import { madeNexusSchema, ownNexusSchema } from "../components/settings/nexus/nexus-settings";
import { parts } from "../components/settings/settings";
import { NAMESPACE } from "../components/settings/written";
import { withDefinitions } from "./definitions";

/** The JSON schema of `Pulumi.<stack>.yaml`, made of the schemas that read it: what editors check and explain. */

export type JsonSchema = z.core.JSONSchema.BaseSchema;
type Properties = Record<string, JsonSchema>;
type Override = Parameters<NonNullable<z.core.ToJSONSchemaParams["override"]>>[0];

/** Stands in the reference for whatever GitLab's registry is. */
const REGISTRY = "<gitlab.registry>";

/** As Pulumi writes an encrypted value. */
const SECURE: JsonSchema = {
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
  description: "Encrypted: pulumi config set --secret",
};

export function stackSchema(): JsonSchema {
  return withDefinitions(wholeSchema());
}

function wholeSchema(): JsonSchema {
  const berth = Object.entries(partSchemas()).map(([name, schema]) => [`${NAMESPACE}:${name}`, schema]);
  const names = Object.keys(partSchemas()).join("|");
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Pulumi.<stack>.yaml of a project with Berth",
    type: "object",
    properties: {
      config: {
        type: ["object", "null"],
        description: "The settings of the stack: Berth's, and others that Pulumi knows.",
        properties: Object.fromEntries(berth),
        propertyNames: { pattern: `^(?!${NAMESPACE}:(?!(config:)?(${names})$))` },
      },
    },
  };
}

/** The schema of each part of the settings, by its key below `berth:`. */
export function partSchemas(): Properties {
  const { nexus: _, ...others } = parts;
  const own = nexusSchema("own");
  const nexus = {
    description: z.globalRegistry.get(parts.nexus)?.description,
    if: { type: "object" as const, required: ["url"] },
    // biome-ignore lint/suspicious/noThenProperty: it is JSON schema's word
    then: own,
    else: nexusSchema("made"),
  };
  return { nexus, ...Object.fromEntries(Object.entries(others).map(([key, part]) => [key, jsonOf(part)])) };
}

/** `berth:nexus`, where much is there out of the box and may be left out. */
export function nexusSchema(kind: "made" | "own"): JsonSchema {
  const schema = jsonOf(kind === "made" ? madeNexusSchema : ownNexusSchema);
  const properties = schema.properties as Properties;
  const defaults = entryDefaults(kind, REGISTRY);
  for (const [part, entries] of Object.entries(defaults)) {
    const { additionalProperties: entry, ...record } = properties[part] as JsonSchema & {
      additionalProperties: JsonSchema;
    };
    const withDefaults = Object.entries(entries).map(([name, given]) => [
      name,
      entrySchema(part, name, entry, given),
    ]);
    const { "*": any = entry, ...named } = Object.fromEntries(withDefaults) as Properties;
    properties[part] = { ...record, properties: named, additionalProperties: any };
  }
  return { ...schema, required: schema.required?.filter((name) => !(name in defaults)) ?? [] };
}

/** An entry whose fields have these defaults: of several shapes the one that they are of, with less that has to be said. */
function entrySchema(
  part: string,
  name: string,
  entry: JsonSchema,
  given: Readonly<Record<string, unknown>>,
): JsonSchema {
  const ofType = (one: JsonSchema) => typeOf(one) === undefined || typeOf(one) === given["type"];
  const shapes = (entry.oneOf as JsonSchema[] | undefined) ?? [entry];
  const fitting = (name === "*" ? shapes : shapes.filter(ofType)).map((shape) =>
    ofType(shape) ? withGiven(shape, given) : shape,
  );
  const all = mayBeLeftOut(part, name) ? [...fitting, { const: false }] : fitting;
  return name === "*"
    ? { anyOf: all }
    : { description: `Out of the box: ${JSON.stringify(given)}`, anyOf: all };
}

function withGiven(shape: JsonSchema, given: Readonly<Record<string, unknown>>): JsonSchema {
  return { ...shape, required: (shape.required ?? []).filter((field) => !(field in given)) };
}

/** Of one of several shapes that `type` decides. */
export function typeOf({ properties }: JsonSchema): unknown {
  return (properties as Properties | undefined)?.["type"]?.const;
}

function jsonOf(schema: z.core.$ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: () => ({ not: {} }),
    override: asWritten,
  });
  return tidy(json);
}

/** What a stack file may say in place of what the schema itself takes. */
function asWritten({ zodSchema, jsonSchema }: Override): void {
  const written = writtenShape(zodSchema);
  if (written) {
    const { description } = jsonSchema;
    replace(jsonSchema, { ...(description !== undefined && { description }), ...jsonOf(written) });
  }
  const { def } = zodSchema._zod;
  // Zod leaves both out before a transform.
  if (def.type === "default") jsonSchema.default = def.defaultValue;
  const examples = z.globalRegistry.get(zodSchema)?.examples as unknown[] | undefined;
  if (examples) jsonSchema.examples = examples;
  if (def.type === "object") removeAbsent(jsonSchema, def.shape);
  if (holdsSecret(zodSchema)) replace(jsonSchema, secretOf(jsonSchema));
  else asYaml(jsonSchema);
}

function secretOf({ description }: JsonSchema): JsonSchema {
  return {
    ...(description !== undefined && { description }),
    anyOf: [{ type: "string", minLength: 1 }, SECURE],
  };
}

/** YAML makes numbers and flags of some texts, and `pulumi config set --path` texts of some numbers: Berth takes both. */
function asYaml(json: JsonSchema): void {
  if (json.type === "boolean" && json.const === undefined)
    Object.assign(json, { type: ["boolean", "string"], pattern: "^(true|false)$" });
  else if (json.type === "integer" || json.type === "number") {
    for (const limit of ["minimum", "maximum"] as const)
      if (Math.abs(Number(json[limit])) === Number.MAX_SAFE_INTEGER) delete json[limit];
    const fraction = json.type === "number" ? "(\\.\\d+)?" : "";
    Object.assign(json, { type: [json.type, "string"], pattern: `^-?(0|[1-9]\\d*)${fraction}$` });
  } else if (json.type === "string" && isFree(json)) json.type = ["string", "number", "boolean"];
}

const ORDER = ["description", "type", "const", "enum", "pattern", "properties", "required"];

/** In one order of keywords, so that what says the same is the same; a key of any text needs no word. */
function tidy(json: JsonSchema): JsonSchema {
  const at = (word: string) => (ORDER.includes(word) ? ORDER.indexOf(word) : ORDER.length);
  const entries = Object.entries(json).filter(([word]) => word !== "propertyNames" || isLimited(json));
  entries.sort(([one], [other]) => at(one) - at(other) || one.localeCompare(other));
  return Object.fromEntries(entries.map(([word, value]) => [word, tidied(word, value)])) as JsonSchema;
}

function isLimited({ propertyNames }: JsonSchema): boolean {
  return typeof propertyNames === "object" && !isFree(propertyNames as JsonSchema);
}

function tidied(word: string, value: unknown): unknown {
  if (Array.isArray(value)) return ["anyOf", "oneOf"].includes(word) ? value.map(tidy) : value;
  if (typeof value !== "object" || value === null || word === "default") return value;
  if (word !== "properties") return tidy(value as JsonSchema);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, tidy(one as JsonSchema)]));
}

function isFree({ pattern, enum: values, const: value, format, not }: JsonSchema): boolean {
  return [pattern, values, value, format, not].every((limit) => limit === undefined);
}

/** What makes no sense in this one of two shapes has a message of its own there; a file can't have it. */
function removeAbsent(json: JsonSchema, shape: Readonly<Record<string, z.core.$ZodType>>): void {
  const properties = json.properties as Properties;
  for (const [key, field] of Object.entries(shape)) {
    const { def } = (field as z.core.$ZodTypes)._zod;
    const inner = def.type === "optional" ? (def.innerType as z.core.$ZodTypes)._zod.def.type : def.type;
    if (inner === "undefined") delete properties[key];
  }
}

function replace(json: JsonSchema, by: JsonSchema): void {
  for (const key of Object.keys(json)) delete json[key];
  Object.assign(json, by);
}
