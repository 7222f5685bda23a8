import { UNKNOWN } from "../providers/provider";
import {
  ARCHIVE,
  ASSET,
  OUTPUT_VALUE,
  RESOURCE_REFERENCE,
  SECRET,
  SIGNATURE,
  UNKNOWN_STRING,
  UNKNOWN_STRINGS,
} from "./signatures";
import { isMap, makeSecret, type PropertyMap, type PropertyValue, ResourceReference, Secret } from "./value";

/** A protobuf Struct as plain JavaScript (`Struct.toJavaScript()`). */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface WireOptions {
  /** False: a receiver that doesn't understand secrets gets their plain values. */
  readonly secrets: boolean;
  readonly references: boolean;
}

/** What an SDK or a provider sent. Assets and archives are refused: nothing in the sandbox reads them. */
export function fromWire(value: Json): PropertyValue {
  if (typeof value === "string") return UNKNOWN_STRINGS.has(value) ? UNKNOWN : value;
  if (Array.isArray(value)) return value.map(fromWire);
  if (value === null || typeof value !== "object") return value;
  return SIGNATURE in value ? fromSigned(value) : mapFromWire(value);
}

export function mapFromWire(object: JsonObject): PropertyMap {
  const map: PropertyMap = {};
  for (const [key, value] of Object.entries(object)) map[key] = fromWire(value);
  return map;
}

function fromSigned(value: JsonObject): PropertyValue {
  switch (value[SIGNATURE]) {
    case SECRET:
      return makeSecret(fromWire(value["value"] ?? null));
    case OUTPUT_VALUE: {
      const inner = "value" in value ? fromWire(value["value"] ?? null) : UNKNOWN;
      return value["secret"] === true ? makeSecret(inner) : inner;
    }
    case RESOURCE_REFERENCE:
      return referenceFromWire(value);
    case ASSET:
    case ARCHIVE:
      throw new Error("assets and archives are not supported by the sandbox's Pulumi engine");
    default:
      throw new Error(`unrecognized property signature ${String(value[SIGNATURE])}`);
  }
}

function referenceFromWire(value: JsonObject): ResourceReference {
  const id = value["id"];
  const known = typeof id === "string" && !UNKNOWN_STRINGS.has(id) && id !== "";
  const version = value["packageVersion"];
  return new ResourceReference(
    String(value["urn"]),
    id === undefined ? undefined : known ? id : UNKNOWN,
    typeof version === "string" ? version : "",
  );
}

export function toWire(value: PropertyValue, options: WireOptions): Json {
  if (value === UNKNOWN) return UNKNOWN_STRING;
  if (value instanceof Secret) {
    const inner = toWire(value.value, options);
    return options.secrets ? { [SIGNATURE]: SECRET, value: inner } : inner;
  }
  if (value instanceof ResourceReference) return referenceToWire(value, options);
  if (Array.isArray(value)) return value.map((item) => toWire(item, options));
  if (isMap(value)) return mapToWire(value, options);
  return value as Json;
}

export function mapToWire(map: PropertyMap, options: WireOptions): JsonObject {
  const object: JsonObject = {};
  for (const [key, value] of Object.entries(map)) object[key] = toWire(value, options);
  return object;
}

function referenceToWire(value: ResourceReference, options: WireOptions): Json {
  const id = value.id === UNKNOWN ? UNKNOWN_STRING : value.id;
  if (!options.references) return id ?? value.urn;
  return {
    [SIGNATURE]: RESOURCE_REFERENCE,
    urn: value.urn,
    ...(id === undefined ? {} : { id }),
    packageVersion: value.packageVersion,
  };
}
