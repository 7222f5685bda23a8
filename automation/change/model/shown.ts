import { isJsonObject, type JsonObject } from "../../../components/values/json-object";
/** A property's value as people may see it: secrets and what only an update will know are words in brackets. */
export type Shown = string | number | boolean | null | readonly Shown[] | { readonly [key: string]: Shown };

export const SECRET = "[secret]";
export const UNKNOWN = "[known after the update]";

/** Marks an object as something other than a map (Pulumi's sdk/go/common/resource/sig). */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
export const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Stand for a value of each type that isn't known yet (Pulumi's sdk/go/common/resource/plugin). */
const UNKNOWNS: ReadonlySet<unknown> = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export type Properties = JsonObject;

/** Whether a value as the engine tells it is a secret, whatever else it says about it. */
export function isSecret(value: unknown): value is Properties {
  if (!isJsonObject(value)) return false;
  return value[SIGNATURE] === SECRET_SIGNATURE || (isOutput(value) && value["secret"] === true);
}

export function isUnknown(value: unknown): boolean {
  return UNKNOWNS.has(value) || (isOutput(value) && !("value" in value));
}

/** The engine's value with secrets blanked, whatever the engine has left in them. */
export function shown(value: unknown): Shown {
  if (isSecret(value)) return SECRET;
  if (isUnknown(value)) return UNKNOWN;
  if (isOutput(value)) return shown(value["value"]);
  if (Array.isArray(value)) return value.map(shown);
  if (isJsonObject(value)) {
    // Bookkeeping of providers, at any depth, and the mark of assets and references.
    const entries = Object.entries(value).filter(([key]) => key !== "__defaults" && key !== SIGNATURE);
    return Object.fromEntries(entries.map(([key, inner]) => [key, shown(inner)]));
  }
  return (value ?? null) as Shown;
}

function isOutput(value: unknown): value is Properties {
  return isJsonObject(value) && value[SIGNATURE] === OUTPUT_SIGNATURE;
}
