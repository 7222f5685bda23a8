import { type JsonSchema, nexusSchema, partSchemas, typeOf } from "./stack-schema";

/** `docs/reference/settings.md`: a table for each map of settings, out of the JSON schema of the stack files. */

const HEAD = `# Settings

Every setting of a stack, as \`Pulumi.<stack>.yaml\` has it below \`config:\`. Made of the schemas in \`components/settings/\` by
\`npm run docs:reference\`: change it there. [nexus.md](../nexus.md), [deploy.md](../deploy.md), [builds.md](../builds.md),
[gitlab.md](../gitlab.md) and [kubernetes.md](../kubernetes.md) say what they are for, with examples.

A text may be written without quotes, even where YAML makes a number or a flag of it; a number or a flag may stand in quotes. A secret is a text
for the eyes of few: \`pulumi config set --secret --path 'berth:…'\` writes it encrypted, as \`{ secure: … }\`.
An editor with the YAML language server checks and explains a file that begins with this line:

\`\`\`yaml
# yaml-language-server: $schema=node_modules/berth/docs/reference/stack.schema.json
\`\`\`
`;

type Properties = Readonly<Record<string, JsonSchema>>;

export function settingsPage(): string {
  const { nexus: _, ...others } = partSchemas();
  const [made, own] = [nexusSchema("made"), nexusSchema("own")];
  const parts = Object.entries(others).map(([key, schema]) => sections(`berth:${key}`, schema, 2));
  return [HEAD, nexusSections(made, own), ...parts]
    .flat()
    .join("\n")
    .replace(/\n{3,}/g, "\n\n");
}

/** Of one's own, what is other than in one that the stack makes. */
function nexusSections(made: JsonSchema, own: JsonSchema): string[] {
  const others = Object.entries(propertiesOf(own)).filter(([key, schema]) => {
    const same = propertiesOf(made)[key];
    return same === undefined || rowOf("", key, schema, own) !== rowOf("", key, same, made);
  });
  const gone = Object.keys(propertiesOf(made)).filter((key) => !(key in propertiesOf(own)));
  return [
    ...sections("berth:nexus", { ...made, description: "Nexus, and what is in it." }, 2),
    "## `berth:nexus` with `url`",
    "",
    `A Nexus that is there already, and stays your own: what isn't named is left as it is. It has no ${code(gone)}; these are other, the rest is as above.`,
    "",
    ...table("berth:nexus with url", Object.fromEntries(others), own),
    ...outOfTheBox(propertiesOf(own)),
  ];
}

/** A section for a map of settings, and one for each map in it. */
function sections(path: string, schema: JsonSchema, depth: number): string[] {
  const heading = [`${"#".repeat(Math.min(depth, 4))} \`${path}\``, "", schema.description ?? "", ""];
  const shapes = shapesOf(schema);
  const [only] = shapes;
  if (only === undefined)
    return depth > 2 ? [] : [...heading, `${sentence(valuesOf(schema))}.${exampleOf(schema)}`, ""];
  const inner = (properties: Properties) =>
    Object.entries(properties).flatMap(([key, field]) => innerSections(`${path}.${key}`, field, depth + 1));
  if (shapes.length === 1)
    return isMapOf(only)
      ? [...heading, ...innerSections(path, only, depth)]
      : [...heading, ...table(path, propertiesOf(only), only), ...inner(propertiesOf(only))];
  const common = Object.entries(propertiesOf(only)).filter(([key, field]) =>
    shapes.every((shape) => JSON.stringify(propertiesOf(shape)[key]) === JSON.stringify(field)),
  );
  const shared = Object.fromEntries(common);
  const rests = shapes.map((shape) => {
    const rest = Object.entries(propertiesOf(shape)).filter(([key]) => !(key in shared));
    return [shape, Object.fromEntries(rest)] as const;
  });
  return [
    ...heading,
    ...table(path, shared, only),
    ...rests.flatMap(([shape, rest]) => [`With ${nameOf(shape)}:`, "", ...table(path, rest, shape)]),
    ...[shared, ...rests.map(([, rest]) => rest)].flatMap(inner),
  ];
}

function innerSections(path: string, field: JsonSchema, depth: number): string[] {
  const entry = isMapOf(field) ? entryOf(field) : field;
  if (entry === undefined || shapesOf(entry).length === 0) return [];
  const box = outOfTheBox({ [path.split(".").at(-1)!]: field });
  return [...sections(isMapOf(field) ? `${path}.<name>` : path, entry, depth), ...box];
}

/** What is an object, of all that may stand there. */
function shapesOf(schema: JsonSchema): JsonSchema[] {
  const options = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (options) return isSecret(schema) ? [] : distinct(options.flatMap(shapesOf));
  if (schema.type === "array") return shapesOf(schema.items as JsonSchema);
  const isMap =
    schema.type === "object" && (isMapOf(schema) ? shapesOf(entryOf(schema) ?? {}).length > 0 : true);
  return isMap ? [schema] : [];
}

function distinct(schemas: readonly JsonSchema[]): JsonSchema[] {
  return [...new Map(schemas.map((one) => [JSON.stringify(one), one])).values()];
}

const isMapOf = ({ additionalProperties }: JsonSchema) => typeof additionalProperties === "object";
const entryOf = ({ additionalProperties }: JsonSchema) => additionalProperties as JsonSchema | undefined;
const propertiesOf = ({ properties }: JsonSchema) => (properties ?? {}) as Properties;
const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(", ");

function nameOf(shape: JsonSchema): string {
  const type = typeOf(shape);
  if (type === undefined) return `\`${shape.required?.[0] ?? Object.keys(propertiesOf(shape))[0]}\``;
  return `\`type: ${String(type)}\``;
}

function table(path: string, properties: Properties, { required = [] }: JsonSchema): string[] {
  const rows = Object.entries(properties).map(([key, field]) => rowOf(path, key, field, { required }));
  return rows.length === 0
    ? []
    : ["| setting | what it is | values | default |", "|---|---|---|---|", ...rows, ""];
}

function rowOf(path: string, key: string, field: JsonSchema, { required = [] }: JsonSchema): string {
  if (field.description === undefined) throw new Error(`${path}.${key} has no description`);
  const fallback = required.includes(key) ? "required" : defaultOf(field);
  return `| \`${key}\` | ${cell(field.description + exampleOf(field))} | ${cell(valuesOf(field))} | ${cell(fallback)} |`;
}

function exampleOf({ examples = [] }: JsonSchema): string {
  const words = (examples as unknown[]).map(short);
  return words.length > 0 ? ` For example ${code(words)}.` : "";
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const cell = (text: string) => text.replaceAll("|", "\\|");
const short = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function defaultOf({ default: value }: JsonSchema): string {
  if (value === undefined) return "–";
  return ["", "{}", "[]"].includes(short(value)) ? "none" : `\`${short(value)}\``;
}

function isSecret({ anyOf }: JsonSchema): boolean {
  return (anyOf as JsonSchema[] | undefined)?.some((one) => "secure" in propertiesOf(one)) ?? false;
}

function valuesOf(schema: JsonSchema): string {
  const { type, const: constant, enum: values, minimum, maximum, exclusiveMinimum } = schema;
  const options = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (isSecret(schema)) return "a secret";
  if (options) return [...new Set(options.map(valuesOf))].join(", or ");
  if (constant !== undefined) return `\`${String(constant)}\``;
  if (values) return code(values.map(String));
  if (type === "array") return listOf(valuesOf(schema.items as JsonSchema));
  if (type === "object")
    return isMapOf(schema) ? `by name: ${valuesOf(entryOf(schema)!)}` : "settings, below";
  const [plain] = [type].flat();
  if (plain === "boolean") return "`true`, `false`";
  if (plain === "string") return "a text";
  const number = plain === "integer" ? "a whole number" : "a number";
  if (exclusiveMinimum !== undefined) return `${number} above ${exclusiveMinimum}`;
  return maximum === undefined ? `${number}, at least ${minimum}` : `${number}, ${minimum} to ${maximum}`;
}

function listOf(values: string): string {
  return values === "a text" ? "a list of texts" : `a list: ${values}`;
}

/** What is there without a word, in a list. */
function outOfTheBox(properties: Properties): string[] {
  return Object.entries(properties).flatMap(([part, field]) => {
    const named = Object.entries(propertiesOf(field)).filter(([, { description }]) =>
      description?.startsWith("Out of"),
    );
    if (!isMapOf(field) || named.length === 0) return [];
    const rows = named.map(([name, { description, anyOf }]) => {
      const mayGo = (anyOf as JsonSchema[]).some((one) => one.const === false);
      const given = description!.replace(/^[^:]*: /, "");
      return `| \`${name}\` | \`${cell(given)}\` | ${mayGo ? `\`${name}: false\`` : "–"} |`;
    });
    return [
      `Out of the box in \`${part}\`; single fields can be set:`,
      "",
      "| name | settings | left out by |",
      "|---|---|---|",
      ...rows,
      "",
    ];
  });
}
