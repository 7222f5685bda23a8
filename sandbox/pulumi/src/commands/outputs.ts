import type { CheckpointJson } from "../backend/checkpoint";
import { STACK_TYPE } from "../engine/urn";
import type { Stack } from "../project/stack";
import { fromState, toState } from "../values/state-values";
import { containsSecret, type PropertyMap, plainValue } from "../values/value";
import type { Json, JsonObject } from "../values/wire";

/** The stack's outputs; decrypted only where a secret is looked at. */
export function stackOutputs(stack: Stack, checkpoint: CheckpointJson): PropertyMap {
  const resources = checkpoint.checkpoint.latest?.resources ?? [];
  const root = resources.find(({ type, delete: replaced }) => type === STACK_TYPE && !replaced);
  const crypter = {
    encrypt: (text: string) => stack.secrets(checkpoint).encrypt(text),
    decrypt: (text: string) => stack.secrets(checkpoint).decrypt(text),
  };
  return fromState((root?.outputs ?? {}) as JsonObject, crypter) as PropertyMap;
}

/** As `pulumi stack output --json`: an output that holds a secret anywhere is `[secret]` as a whole. */
export function outputsAsJson(outputs: PropertyMap, showSecrets: boolean): JsonObject {
  const json: JsonObject = {};
  for (const key of Object.keys(outputs).sort()) {
    const value = outputs[key] ?? null;
    if (containsSecret(value) && !showSecrets) json[key] = "[secret]";
    else json[key] = toState(plainValue(value), NO_CRYPTER, "plain");
  }
  return json;
}

/** Text as it is, everything else as JSON. */
export function outputText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

const NO_CRYPTER = { encrypt: (text: string) => text, decrypt: (text: string) => text };
