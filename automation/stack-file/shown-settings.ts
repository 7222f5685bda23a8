import { stringify } from "yaml";
import { isSecretField, type Settings } from "../../components/settings/settings";
import { NAMESPACE } from "../../components/settings/written";
import { isJsonObject, type JsonObject, objectOf } from "../../components/values/json-object";

/** Where a setting comes from: the stack's file, what the engine adds to it (Pulumi.yaml, an environment), or nobody said it. */
export type Origin = "file" | "elsewhere" | "default";

export interface ShownSettings {
  /** As a stack file would have all of it, without a secret. */
  readonly settings: JsonObject;
  /** By the path of each value: `apps.blog.memory`. */
  readonly from: Readonly<Record<string, Origin>>;
}

/** What is said of settings: by the file, and in all. */
interface Said {
  readonly file: JsonObject;
  readonly all: JsonObject;
}

const HIDDEN = "[secret]";

export function shownSettings(settings: Settings, said: Said): ShownSettings {
  const from: Record<string, Origin> = {};
  const walk = (value: unknown, path: readonly string[]): unknown => {
    if (isJsonObject(value) && Object.keys(value).length > 0) {
      const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
      return Object.fromEntries(entries.map(([key, inner]) => [key, walk(inner, [...path, key])]));
    }
    from[path.join(".")] = originOf(value, path, said);
    return isSecretField(path) ? HIDDEN : value;
  };
  return { settings: objectOf(walk(asInFile(settings, said.all), [])), from };
}

/** Servers and apps by their names, as a file has them. */
function asInFile(
  { nexus, gitlab, servers, apps, waiting }: Settings,
  { minimumVersion }: JsonObject,
): JsonObject {
  const waits = waiting.map((app) => ({ ...app, release: "none" }));
  return { minimumVersion, nexus, gitlab, servers: byName(servers), apps: byName([...apps, ...waits]) };
}

function byName(things: readonly { readonly name: string }[]): JsonObject {
  return Object.fromEntries(things.map(({ name, ...thing }) => [name, thing]));
}

function originOf(value: unknown, path: readonly string[], { file, all }: Said): Origin {
  if (isSaid(value, path, file)) return "file";
  return isSaid(value, path, all) ? "elsewhere" : "default";
}

/** A volume's path may stand for all of it: then the rest of it is said by nobody. */
function isSaid(value: unknown, path: readonly string[], said: unknown): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return said !== undefined;
  if (isJsonObject(said)) return Object.hasOwn(said, step) && isSaid(value, rest, said[step]);
  return said !== undefined && said === value;
}

/** YAML as a stack file has it, with a word behind what isn't in the file. */
export function settingsText({ settings, from }: ShownSettings, file: string): string {
  const lines = (value: unknown, path: readonly string[]): string[] => {
    const indent = "  ".repeat(path.length);
    return Object.entries(objectOf(value)).flatMap(([key, inner]) => {
      const at = [...path, key];
      const name = path.length === 0 ? `${NAMESPACE}:${key}` : stringify(key).trimEnd();
      const origin = from[at.join(".")];
      if (origin === undefined) return [`${indent}${name}:`, ...lines(inner, at)];
      return [`${indent}${name}: ${flow(inner)}${origin === "file" ? "" : ` # ${origin}`}`];
    });
  };
  return [`# ${file}, with what isn't in it; secrets are hidden`, ...lines(settings, [])].join("\n");
}

/** A text over several lines has to stay in one. */
function flow(value: unknown): string {
  if (typeof value === "string" && /[\n\r]/.test(value)) return JSON.stringify(value);
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}
