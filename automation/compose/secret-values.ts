import { randomInt } from "node:crypto";
import type { SecretPlace } from "../../components/compose/named-secrets";
import { isJsonObject } from "../../components/values/json-object";
import { engineConfig } from "../engine/engine-config";
import { knownSecrets } from "../terminal/known-secrets";

const NEXUS = "berth:nexus";

/**
 * The values that the settings give, by the secrets' names. Only the engine can read those that are encrypted; where there are
 * none, none is needed.
 * @param written the settings as they are written, encrypted values too
 */
export async function givenSecrets(
  stack: string,
  written: Readonly<Record<string, unknown>>,
  places: readonly SecretPlace[],
): Promise<Record<string, string>> {
  const given = places.filter(({ isGiven }) => isGiven);
  const isEncrypted = given.some(({ path }) => typeof at(written[NEXUS], path) !== "string");
  const why = `hold secrets (${given.map(({ name }) => name).join(", ")}), and the engine, which alone can read them`;
  const config = isEncrypted ? (await engineConfig(stack, why)).config : written;
  const values = given.map(({ name, path }): [string, string] => [
    name,
    String(at(config[NEXUS], path) ?? ""),
  ]);
  for (const [, value] of values) knownSecrets.keepSent(value);
  return Object.fromEntries(values);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isJsonObject(inner) ? inner[key] : undefined;
  }, value);
}

/** As a stack's random passwords: letters and digits only, as it passes through shells and config files. */
const LENGTH = 32;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function randomPassword(): string {
  return Array.from({ length: LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join("");
}
