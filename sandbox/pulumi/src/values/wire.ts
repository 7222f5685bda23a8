import { type Props, UNKNOWN, type Value } from "../providers/provider";
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

/** A protobuf Struct as plain JavaScript (`Struct.toJavaScript()`). */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * What the engine sent, as providers see it: secrets opened, a resource as its id (a component as its URN). Assets and
 * archives are refused: nothing in the sandbox reads them.
 */
export function fromWire(value: Json): Value {
  if (typeof value === "string") return UNKNOWN_STRINGS.has(value) ? UNKNOWN : value;
  if (Array.isArray(value)) return value.map(fromWire);
  if (value === null || typeof value !== "object") return value;
  return SIGNATURE in value ? fromSigned(value) : mapFromWire(value);
}

export function mapFromWire(object: JsonObject): Props {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, fromWire(value)]));
}

function fromSigned(value: JsonObject): Value {
  switch (value[SIGNATURE]) {
    case SECRET:
      return fromWire(value["value"] ?? null);
    case OUTPUT_VALUE:
      return "value" in value ? fromWire(value["value"] ?? null) : UNKNOWN;
    case RESOURCE_REFERENCE:
      return fromWire((value["id"] === "" ? UNKNOWN_STRING : value["id"]) ?? String(value["urn"]));
    case ASSET:
    case ARCHIVE:
      throw new Error("assets and archives are not supported by the sandbox's plugins");
    default:
      throw new Error(`unrecognized property signature ${String(value[SIGNATURE])}`);
  }
}

/** Members that are undefined are left out. */
export function mapToWire(props: Props): JsonObject {
  const given = Object.entries(props).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [key, toWire(value)]));
}

function toWire(value: Value): Json {
  if (value === UNKNOWN) return UNKNOWN_STRING;
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value === "object" && value !== null) return mapToWire(value);
  return value;
}

/** A value that the engine is to keep encrypted. */
export function secretOnWire(value: Json): Json {
  return { [SIGNATURE]: SECRET, value };
}
