import { readHistory, type UpdateInfo } from "../backend/history";
import type { Flags } from "../cli/flags";
import { ago } from "../display/table";
import { configText, containsSecure, decryptConfig, isJsonObject } from "../project/config-value";
import type { Stack } from "../project/stack";
import type { Json, JsonObject } from "../values/wire";

export function showHistory(stack: Stack, flags: Flags): number {
  const updates = readHistory(
    stack.backend,
    stack.name,
    flags.int("page-size") ?? 10,
    flags.int("page") ?? 1,
  );
  if (flags.bool("json")) {
    console.log(
      JSON.stringify(
        updates.map((update) => asJson(update, stack, flags.bool("show-secrets"))),
        null,
        2,
      ),
    );
    return 0;
  }
  if (updates.length === 0) console.log("Stack has never been updated");
  for (const update of updates) console.log(asText(update));
  return 0;
}

function asJson(update: UpdateInfo, stack: Stack, showSecrets: boolean): JsonObject {
  const config: JsonObject = {};
  for (const [key, value] of Object.entries(update.config))
    config[key] = configAsJson(value, stack, showSecrets);
  return {
    version: update.version,
    kind: update.kind,
    startTime: isoSeconds(update.startTime),
    message: update.message,
    environment: { ...update.environment },
    config,
    result: update.result,
    endTime: isoSeconds(update.endTime),
    ...(update.resourceChanges ? { resourceChanges: { ...update.resourceChanges } } : {}),
  };
}

function configAsJson(value: Json, stack: Stack, showSecrets: boolean): JsonObject {
  const secret = containsSecure(value);
  if (secret && !showSecrets) return { secret };
  const plain = secret ? decryptConfig(value, stack.secrets()) : value;
  return {
    value: configText(plain),
    ...(isJsonObject(plain) || Array.isArray(plain) ? { objectValue: plain } : {}),
    secret,
  };
}

function isoSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function asText(update: UpdateInfo): string {
  const changes = update.resourceChanges ?? {};
  const count = (op: string) => changes[op] ?? 0;
  const took = update.endTime - update.startTime;
  const lines = [
    `UpdateKind: ${update.kind}`,
    `Status: ${update.result}`,
    `Message: ${update.message}`,
    `+${count("create")}-${count("delete")}~${count("update")} ${count("same")} Updated ${ago(new Date(update.startTime * 1000))} took ${took}s`,
    ...Object.entries(update.environment).map(([key, value]) => `    ${key}: ${value}`),
  ];
  return `${lines.join("\n")}\n`;
}
