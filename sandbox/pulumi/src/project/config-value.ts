import type { Redactor } from "../secrets/redactor";
import type { Crypter } from "../values/state-values";
import { type PropertyValue, Secret } from "../values/value";
import type { Json, JsonObject } from "../values/wire";

/** A configuration value as the stack's file holds it: secrets are `{secure: ciphertext}`, at any depth. */
export type ConfigValue = Json;

export function isSecure(value: Json | undefined): value is { secure: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length === 1 &&
    typeof value["secure"] === "string"
  );
}

export function containsSecure(value: Json): boolean {
  if (isSecure(value)) return true;
  if (Array.isArray(value)) return value.some(containsSecure);
  return isJsonObject(value) && Object.values(value).some(containsSecure);
}

/** With every secret decrypted and remembered by `redactor`. */
export function decryptConfig(value: Json, crypter: Crypter, redactor?: Redactor): Json {
  if (isSecure(value)) {
    const plain = crypter.decrypt(value.secure);
    redactor?.add(plain);
    return plain;
  }
  if (Array.isArray(value)) return value.map((item) => decryptConfig(item, crypter, redactor));
  if (!isJsonObject(value)) return value;
  return mapObject(value, (item) => decryptConfig(item, crypter, redactor));
}

/** With `[secret]` in place of every secret. */
export function maskConfig(value: Json): Json {
  if (isSecure(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(maskConfig);
  return isJsonObject(value) ? mapObject(value, maskConfig) : value;
}

/** What a program gets: scalars as text, everything else as JSON. */
export function configText(value: Json): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(sorted(value)) : String(value);
}

/** What a provider gets as an input: text, secret if any part is. */
export function configProperty(value: Json, crypter: Crypter): PropertyValue {
  const text = configText(decryptConfig(value, crypter));
  return containsSecure(value) ? new Secret(text) : text;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapObject(object: JsonObject, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] ?? null)]),
  );
}
