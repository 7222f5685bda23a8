import { type Props, UNKNOWN, type Value } from "../providers/provider";

/** A value to be kept encrypted. Read from a state file it is decrypted on first use only. */
export class Secret {
  private plain: PropertyValue | undefined;

  constructor(
    plain: PropertyValue | undefined,
    /** Where the value is still encrypted: how to get at it. */
    private readonly reveal?: () => PropertyValue,
  ) {
    this.plain = plain;
  }

  get value(): PropertyValue {
    if (this.plain === undefined) this.plain = this.reveal?.() ?? null;
    return this.plain;
  }
}

/** A resource used as a property. */
export class ResourceReference {
  constructor(
    readonly urn: string,
    /** Undefined for a component; UNKNOWN in a preview. */
    readonly id: string | typeof UNKNOWN | undefined,
    readonly packageVersion: string,
  ) {}
}

export type PropertyValue =
  | null
  | boolean
  | number
  | string
  | typeof UNKNOWN
  | Secret
  | ResourceReference
  | PropertyValue[]
  | PropertyMap;

export type PropertyMap = { [key: string]: PropertyValue };

export function isMap(value: PropertyValue | undefined): value is PropertyMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof ResourceReference)
  );
}

export function containsUnknown(value: PropertyValue): boolean {
  if (value === UNKNOWN) return true;
  if (value instanceof Secret) return containsUnknown(value.value);
  if (value instanceof ResourceReference) return value.id === UNKNOWN;
  if (Array.isArray(value)) return value.some(containsUnknown);
  return isMap(value) && Object.values(value).some(containsUnknown);
}

export function containsSecret(value: PropertyValue): boolean {
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some(containsSecret);
  return isMap(value) && Object.values(value).some(containsSecret);
}

/** The same value as a provider sees it: no secrets, references as ids (or URNs of components). */
export function plainValue(value: PropertyValue): Value {
  if (value instanceof Secret) return plainValue(value.value);
  if (value instanceof ResourceReference) return value.id ?? value.urn;
  if (Array.isArray(value)) return value.map(plainValue);
  if (isMap(value)) return plainMap(value);
  return value as Value;
}

export function plainMap(map: PropertyMap): Props {
  const plain: Props = {};
  for (const [key, value] of Object.entries(map)) plain[key] = plainValue(value);
  return plain;
}

/** Equal apart from secretness. */
export function sameValue(left: PropertyValue | undefined, right: PropertyValue | undefined): boolean {
  const a = left instanceof Secret ? left.value : left;
  const b = right instanceof Secret ? right.value : right;
  if (a === b) return true;
  if (a instanceof Secret || b instanceof Secret) return sameValue(a, b);
  if (a instanceof ResourceReference && b instanceof ResourceReference)
    return a.urn === b.urn && a.id === b.id;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
  }
  return isMap(a) && isMap(b) && sameMap(a, b);
}

export function sameMap(a: PropertyMap, b: PropertyMap): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameValue(a[key], b[key]));
}

/** A secret of a secret is one secret. */
export function makeSecret(value: PropertyValue): Secret {
  return value instanceof Secret ? value : new Secret(value);
}

/**
 * Copies the secretness of what went into a provider to what came out under the same names: objects by
 * their members, everything else that holds a secret as a whole (a list may come back in another order).
 */
export function markSecrets(outputs: PropertyMap, inputs: PropertyMap): void {
  for (const [key, input] of Object.entries(inputs)) {
    const output = outputs[key];
    if (output === undefined) continue;
    if (isMap(output) && isMap(input)) markSecrets(output, input);
    else if (!(output instanceof Secret) && containsSecret(input)) outputs[key] = new Secret(output);
  }
}
