import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parse } from "yaml";
import { messageOf } from "../../components/values/error-facts";
import { objectOf } from "../../components/values/json-object";

/** A service of a compose file, as far as an app of Berth has the like. */
export interface ComposeService {
  readonly name: string;
  /** Paths from the file's folder, and from the context; none for a service that runs somebody's image. */
  readonly build: { readonly context: string; readonly dockerfile: string } | undefined;
  readonly image: string | undefined;
  /** Of its first published port. */
  readonly port: number | undefined;
  readonly publish: number | undefined;
  /** Named volumes: name → path. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Names alone: what they are set to may be a secret. */
  readonly variables: readonly string[];
  readonly health: readonly string[] | undefined;
  /** What it has that Berth's apps have not, in words. */
  readonly lost: readonly string[];
}

export interface ComposeFile {
  readonly name: string;
  readonly services: readonly ComposeService[];
  /** Why it wasn't read. */
  readonly problem?: string;
}

/** In the order in which Compose looks for them (docs.docker.com/compose/intro/compose-application-model). */
const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/** The folder's compose file; undefined where there is none. */
export function composeFile(folder: string): ComposeFile | undefined {
  const name = NAMES.find((one) => existsSync(join(folder, one)));
  if (name === undefined) return undefined;
  try {
    const { services } = objectOf(
      parse(readFileSync(join(folder, name), "utf8"), { merge: true, logLevel: "error" }),
    );
    return {
      name,
      services: Object.entries(objectOf(services)).map(([key, service]) => serviceOf(key, service)),
    };
  } catch (error) {
    return { name, services: [], problem: `${name} is not valid YAML: ${messageOf(error).split("\n")[0]}` };
  }
}

function serviceOf(name: string, given: unknown): ComposeService {
  const { build, image, ports, volumes, environment, env_file, healthcheck, command } = objectOf(given);
  const [first] = listOf(ports).flatMap(portOf);
  const { target } = objectOf(build);
  return {
    name,
    build: buildOf(build),
    image: typeof image === "string" ? image : undefined,
    port: first?.port,
    publish: first?.publish,
    volumes: Object.fromEntries(listOf(volumes).flatMap(volumeOf)),
    variables: variablesOf(environment),
    health: healthOf(objectOf(healthcheck)["test"]),
    lost: [
      ...(command === undefined ? [] : ["its command: write it into the Dockerfile's CMD"]),
      ...(target === undefined ? [] : [`its target ${String(target)}: the Dockerfile's last stage is built`]),
      ...(env_file === undefined ? [] : ["its env_file: write what is in it to env, or to secrets"]),
      ...listOf(volumes).flatMap(mountOf),
    ],
  };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function buildOf(build: unknown): ComposeService["build"] {
  if (build === undefined || build === null) return undefined;
  const { context = ".", dockerfile = "Dockerfile" } =
    typeof build === "string" ? { context: build } : objectOf(build);
  return {
    context: posix.normalize(String(context)).replace(/(?<=.)\/$/, ""),
    dockerfile: String(dockerfile),
  };
}

/** `8080:80`, `127.0.0.1:8080:80/tcp`, `80`, or the long form. Ranges and UDP are no app's. */
function portOf(given: unknown): { port: number; publish: number | undefined }[] {
  const { target, published } = objectOf(given);
  const text =
    target === undefined ? withDefaults(String(given)) : [published, target].filter(Boolean).join(":");
  const [, publish, port] = /^(?:(?:.*:)?(\d*):)?(\d+)(?:\/tcp)?$/.exec(text) ?? [];
  return port === undefined ? [] : [{ port: Number(port), publish: publish ? Number(publish) : undefined }];
}

/** `${PORT:-8080}` is 8080 where nobody says otherwise. */
function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:?-([^}]*)\}/g, "$1");
}

function volumeOf(given: unknown): [string, string][] {
  const long = objectOf(given);
  if (long["type"] === "volume" && long["source"] !== undefined)
    return [[String(long["source"]), String(long["target"])]];
  const [, name, path] = /^([A-Za-z0-9][\w.-]*):(\/[^:]*)/.exec(String(given)) ?? [];
  return name === undefined || path === undefined ? [] : [[name, path]];
}

/** A folder of the machine; what is named with a dot is mostly the sources, for development. */
function mountOf(given: unknown): string[] {
  const { type, source } = objectOf(given);
  const [, folder] = /^([./~$][^:]*):/.exec(String(given)) ?? [];
  const from = type === "bind" ? String(source) : folder;
  return from === undefined ? [] : [`the folder ${from}: what an app keeps is in volumes`];
}

function variablesOf(environment: unknown): string[] {
  if (Array.isArray(environment)) return environment.map((one) => String(one).replace(/=.*$/s, ""));
  return Object.keys(objectOf(environment));
}

function healthOf(test: unknown): string[] | undefined {
  if (typeof test === "string") return ["sh", "-c", test];
  const [kind, ...words] = listOf(test).map(String);
  if (kind === "CMD" && words.length > 0) return words;
  return kind === "CMD-SHELL" && words[0] !== undefined ? ["sh", "-c", words[0]] : undefined;
}
