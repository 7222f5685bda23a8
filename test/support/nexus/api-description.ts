import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";

/** A call as Sonatype describes it. */
interface DescribedCall {
  /** JSON schema of the body, where it has one. */
  readonly body?: object;
  /** @default "application/json" */
  readonly type?: string;
}

interface Description {
  readonly source: string;
  readonly version: string;
  readonly paths: { readonly [path: string]: { readonly [method: string]: DescribedCall } };
  readonly schemas: Schemas;
}

/** A JSON schema, as far as it is walked through. */
interface Schema {
  readonly properties?: Schemas;
  readonly items?: Schema;
}

type Schemas = { readonly [name: string]: Schema };

const file = join(__dirname, "..", "..", "data", "nexus-openapi-3.94.json");
const description = JSON.parse(readFileSync(file, "utf8")) as Description;

const ID = "nexus";
// OpenAPI's own keywords (nullable, example) and formats (int32) are no concern of JSON Schema.
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ $id: ID, components: { schemas: eachClosed(description.schemas) } });

const validators = new Map<string, ValidateFunction>();

/** Calls that the description has, as a server's own document: `swagger.json`. */
export function describedDocument(): object {
  return { paths: description.paths, definitions: description.schemas };
}

/** The path as it is described, `/v1/security/roles/{id}`; undefined where there is no such call. */
export function describedPath(method: string, path: string): string | undefined {
  const candidates = Object.keys(description.paths).filter((pattern) => {
    const expression = pattern.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+");
    return new RegExp(`^${expression}$`).test(path) && callOf(method, pattern);
  });
  // `/v1/tasks/templates` before `/v1/tasks/{id}`.
  return candidates.sort((a, b) => a.split("{").length - b.split("{").length)[0];
}

/** What is wrong with a body beside the description of its call: fields that it doesn't have, or wants. */
export function complaints(method: string, pattern: string, body: unknown): string[] {
  const schema = callOf(method, pattern)?.body;
  if (schema === undefined) return body === undefined || body === "" ? [] : ["it takes no body"];
  const key = `${method} ${pattern}`;
  const validate = validators.get(key) ?? ajv.compile(located(schema));
  validators.set(key, validate);
  if (validate(body)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, params["additionalProperty"]].filter(Boolean).join(" "),
  );
}

function callOf(method: string, pattern: string): DescribedCall | undefined {
  return description.paths[pattern]?.[method.toLowerCase()];
}

/** A schema of a call names others by their place in the document. */
function located(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', `"${ID}#/`)) as object;
}

/** Nexus ignores what it doesn't know: here it shows. */
function closed(schema: Schema): Schema {
  const { properties, items } = schema;
  return {
    ...schema,
    ...(properties && { properties: eachClosed(properties), additionalProperties: false }),
    ...(items && { items: closed(items) }),
  };
}

function eachClosed(schemas: Schemas): Schemas {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closed(schema)]));
}
