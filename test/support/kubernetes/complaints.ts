import Ajv2020 from "ajv/dist/2020";
import { parse } from "yaml";
import { z } from "zod";
import { isJsonObject, type JsonObject, objectOf } from "../../../components/values/json-object";

/** What is wrong with an object of a cluster: fields that it hasn't, or wants. Empty where nothing is. */
export type Complaints = (object: unknown) => string[];

const KINDS = "x-kubernetes-group-version-kind";

const definitionsSchema = z.object({
  $id: z.string(),
  $defs: z.record(
    z.string(),
    z
      .object({ [KINDS]: z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() })) })
      .partial(),
  ),
});

const resourceSchema = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: z.unknown() }) })),
  }),
});

/** By Kubernetes's own kinds, in one document of JSON schemas. */
export function complaintsByDefinitions(document: JsonObject): Complaints {
  const { $id, $defs } = definitionsSchema.parse(document);
  const schemas = Object.entries($defs).flatMap(([name, { [KINDS]: kinds = [] }]) =>
    kinds.map(({ group, version, kind }): [string, object] => [
      `${group ? `${group}/` : ""}${version} ${kind}`,
      { $ref: `${$id}#/$defs/${name}` },
    ]),
  );
  return complaintsBy(new Map(schemas), document);
}

/** By CustomResourceDefinitions, as YAML. Of an object's fields that they don't know a cluster keeps none: here it shows. */
export function complaintsByResources(definitions: readonly string[]): Complaints {
  const schemas = definitions.flatMap((text) => {
    const { group, names, versions } = resourceSchema.parse(parse(text)).spec;
    return versions.map(({ name, schema }): [string, object] => [
      `${group}/${name} ${names.kind}`,
      objectOf(closed(schema.openAPIV3Schema)),
    ]);
  });
  return complaintsBy(new Map(schemas));
}

function complaintsBy(schemas: ReadonlyMap<string, object>, ...documents: object[]): Complaints {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true, logger: false });
  for (const document of documents) ajv.addSchema(document);
  return (object) => {
    const { apiVersion, kind } = objectOf(object);
    const schema = schemas.get(`${apiVersion} ${kind}`);
    if (!schema) return [`there is no ${kind} of ${apiVersion}`];
    const validate = ajv.compile(schema);
    if (validate(object)) return nullsIn(object);
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [kind, instancePath, message, params["additionalProperty"]].filter(Boolean).join(" "),
    );
  };
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isJsonObject(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const takesMore =
    schema["x-kubernetes-preserve-unknown-fields"] === true || "additionalProperties" in schema;
  return isJsonObject(schema["properties"]) && !takesMore ? { ...inner, additionalProperties: false } : inner;
}

/** The schemas allow them everywhere; in a chart's output each is a value that somebody forgot. */
function nullsIn(value: unknown, path = ""): string[] {
  if (value === null) return [`${path} is null`];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, one]) => nullsIn(one, `${path}/${key}`));
}
