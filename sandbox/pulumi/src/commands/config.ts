import { readFileSync } from "node:fs";
import type { Handler, Invocation } from "../cli/command";
import { table } from "../display/table";
import { CliError, EXIT } from "../errors";
import { parseConfigKey, parseConfigPath } from "../project/config-key";
import {
  type ConfigValue,
  configText,
  containsSecure,
  decryptConfig,
  isJsonObject,
  maskConfig,
} from "../project/config-value";
import { Stack } from "../project/stack";
import type { Path } from "../values/path";
import type { Json, JsonObject } from "../values/wire";

function open({ flags }: Invocation): Stack {
  return Stack.open({ stack: flags.string("stack"), configFile: flags.string("config-file") }).stack;
}

function keyOf(text: string, stack: Stack, withPath: boolean): { key: string; path: Path } {
  const project = stack.name.project;
  return withPath ? parseConfigPath(text, project) : { key: parseConfigKey(text, project), path: [] };
}

export const listConfig: Handler = (invocation) => {
  const { flags } = invocation;
  const stack = open(invocation);
  const show = flags.bool("show-secrets");
  const entries = [...stack.config.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  if (flags.bool("json")) {
    const json = Object.fromEntries(entries.map(([key, value]) => [key, describe(value, stack, show)]));
    console.log(JSON.stringify(json, null, 2));
    return 0;
  }
  const rows = entries.map(([key, value]) => {
    const plain = show ? decryptConfig(value, stack.secrets()) : maskConfig(value);
    return [
      key.startsWith(`${stack.name.project}:`) ? key.slice(stack.name.project.length + 1) : key,
      configText(plain),
    ];
  });
  console.log(table([["KEY", "VALUE"], ...rows]));
  return 0;
};

function describe(value: ConfigValue, stack: Stack, show: boolean): JsonObject {
  const secret = containsSecure(value);
  const structured = isJsonObject(value) || Array.isArray(value);
  if (secret && !show) return { secret };
  const plain = secret ? decryptConfig(value, stack.secrets()) : value;
  return {
    value: configText(plain),
    ...(structured && typeof plain === "object" ? { objectValue: plain } : {}),
    secret,
  };
}

export const getConfig: Handler = (invocation) => {
  const { args, flags } = invocation;
  const stack = open(invocation);
  const { key, path } = keyOf(args[0]!, stack, flags.bool("path"));
  const value = valueAt(stack.config.entries().get(key), path);
  if (value === undefined) {
    throw new CliError(`configuration key '${args[0]}' not found for stack '${stack.name.stack}'`);
  }
  const described = describe(value, stack, true);
  console.log(flags.bool("json") ? JSON.stringify(described, null, 2) : String(described["value"]));
  return 0;
};

function valueAt(value: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((current, segment) => {
    if (Array.isArray(current)) return current[Number(segment)];
    return isJsonObject(current) ? current[String(segment)] : undefined;
  }, value);
}

export const setConfig: Handler = async (invocation) => {
  const { args, flags } = invocation;
  if (flags.bool("secret") && flags.bool("plaintext")) {
    throw new CliError("only one of --secret and --plaintext may be given", EXIT.configuration);
  }
  const stack = open(invocation);
  // Values with line breaks or quotes are best piped in; one line break at the end is the pipe's, not the value's.
  const text = args[1] ?? (process.stdin.isTTY ? undefined : readFileSync(0, "utf8").replace(/\r?\n$/, ""));
  if (text === undefined)
    throw new CliError("config value must be specified: as an argument or on standard input");
  await store(stack, args[0]!, text, flags.bool("secret"), flags.bool("path"));
  stack.config.save();
  return 0;
};

async function store(
  stack: Stack,
  keyText: string,
  text: string,
  secret: boolean,
  withPath: boolean,
): Promise<void> {
  const { key, path } = keyOf(keyText, stack, withPath);
  let value: ConfigValue = path.length > 0 ? scalar(text) : text;
  if (secret) {
    const secrets = await stack.ensureSecrets(stack.backend.read(stack.name));
    await secrets.prepare();
    value = { secure: secrets.encrypt(text) };
  }
  stack.config.set(key, path, value);
}

/** Inside of structures, numbers and booleans are themselves. */
function scalar(text: string): Json {
  if (text === "true" || text === "false") return text === "true";
  return /^(0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

export const setAllConfig: Handler = async (invocation) => {
  const { flags } = invocation;
  const stack = open(invocation);
  const json = flags.string("json");
  if (json !== undefined) {
    const values = JSON.parse(json) as {
      [key: string]: { value?: string; objectValue?: Json; secret?: boolean };
    };
    for (const [key, { value, objectValue, secret }] of Object.entries(values)) {
      if (objectValue !== undefined && !secret)
        stack.config.set(parseConfigKey(key, stack.name.project), [], objectValue);
      else await store(stack, key, value ?? JSON.stringify(objectValue), secret ?? false, false);
    }
  }
  for (const kind of ["plaintext", "secret"]) {
    for (const pair of flags.strings(kind)) {
      const equals = pair.indexOf("=");
      if (equals < 0)
        throw new CliError(`config value must be in the form [key]=[value], not ${pair}`, EXIT.configuration);
      await store(
        stack,
        pair.slice(0, equals),
        pair.slice(equals + 1),
        kind === "secret",
        flags.bool("path"),
      );
    }
  }
  stack.config.save();
  return 0;
};

export const removeConfig: Handler = (invocation) => {
  removeKeys(invocation);
  return 0;
};

export const removeAllConfig: Handler = removeConfig;

function removeKeys(invocation: Invocation): void {
  const stack = open(invocation);
  for (const text of invocation.args) {
    const { key, path } = keyOf(text, stack, invocation.flags.bool("path"));
    if (!stack.config.remove(key, path) && invocation.args.length === 1) {
      throw new CliError(`configuration key '${text}' not found for stack '${stack.name.stack}'`);
    }
  }
  stack.config.save();
}
