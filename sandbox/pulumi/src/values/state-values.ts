import { UNKNOWN } from "../providers/provider";
import { RESOURCE_REFERENCE, SECRET, SIGNATURE, UNKNOWN_STRING } from "./signatures";
import { isMap, type PropertyMap, type PropertyValue, ResourceReference, Secret } from "./value";
import { fromWire, type Json, type JsonObject } from "./wire";

/** Turns the JSON text of a secret value into ciphertext and back. */
export interface Crypter {
  encrypt(plaintext: string): string;
  decrypt(ciphertext: string): string;
}

/** How secrets are written: encrypted (state files), plain (`stack export --show-secrets`) or not at all. */
export type SecretStyle = "encrypt" | "plain" | "masked";

/** Ciphertexts of values that haven't changed are written again as they were, without the key. */
const ciphertexts = new WeakMap<Secret, { crypter: Crypter; ciphertext: string }>();

/** Reads a state file's property values. */
export function fromState(value: Json, crypter: Crypter): PropertyValue {
  if (Array.isArray(value)) return value.map((item) => fromState(item, crypter));
  if (value === null || typeof value !== "object") return value === UNKNOWN_STRING ? UNKNOWN : value;
  if (value[SIGNATURE] === SECRET) return secretFromState(value, crypter);
  if (SIGNATURE in value) return fromWire(value);
  return mapFromState(value, crypter);
}

export function mapFromState(object: JsonObject, crypter: Crypter): PropertyMap {
  const map: PropertyMap = {};
  for (const [key, value] of Object.entries(object)) map[key] = fromState(value, crypter);
  return map;
}

function secretFromState(value: JsonObject, crypter: Crypter): Secret {
  const { ciphertext, plaintext } = value;
  if (typeof plaintext === "string") return new Secret(fromState(JSON.parse(plaintext), crypter));
  if (typeof ciphertext !== "string")
    throw new Error("a secret in the state has neither ciphertext nor plaintext");
  const secret = new Secret(undefined, () => fromState(JSON.parse(crypter.decrypt(ciphertext)), crypter));
  ciphertexts.set(secret, { crypter, ciphertext });
  return secret;
}

/** Writes property values as a state file holds them: keys sorted, as Go does. */
export function toState(value: PropertyValue, crypter: Crypter, style: SecretStyle): Json {
  if (value === UNKNOWN) return UNKNOWN_STRING;
  if (value instanceof Secret) return secretToState(value, crypter, style);
  if (value instanceof ResourceReference) return referenceToState(value);
  if (Array.isArray(value)) return value.map((item) => toState(item, crypter, style));
  return isMap(value) ? mapToState(value, crypter, style) : (value as Json);
}

export function mapToState(map: PropertyMap, crypter: Crypter, style: SecretStyle): JsonObject {
  const object: JsonObject = {};
  for (const key of Object.keys(map).sort()) object[key] = toState(map[key] ?? null, crypter, style);
  return object;
}

function secretToState(secret: Secret, crypter: Crypter, style: SecretStyle): Json {
  if (style === "masked") return "[secret]";
  const text = () => JSON.stringify(toState(secret.value, crypter, "plain"));
  if (style === "plain") return { [SIGNATURE]: SECRET, plaintext: text() };
  const known = ciphertexts.get(secret);
  const ciphertext = known?.crypter === crypter ? known.ciphertext : crypter.encrypt(text());
  ciphertexts.set(secret, { crypter, ciphertext });
  return { [SIGNATURE]: SECRET, ciphertext };
}

function referenceToState(value: ResourceReference): Json {
  const id = value.id === UNKNOWN ? UNKNOWN_STRING : value.id;
  return {
    [SIGNATURE]: RESOURCE_REFERENCE,
    ...(id === undefined ? {} : { id }),
    packageVersion: value.packageVersion,
    urn: value.urn,
  };
}
