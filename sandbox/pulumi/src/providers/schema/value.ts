import { type Props, UNKNOWN, type Value } from "../provider";

export function isObject(value: Value | undefined): value is Props {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function hasUnknown(value: Value | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

/** Terraform, and so the plugins, can't tell an absent value from the zero of its type. */
export function isZero(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/** Deep equality; an unknown equals nothing, not even itself. */
export function equal(left: Value | undefined, right: Value | undefined): boolean {
  if (left === UNKNOWN || right === UNKNOWN) return false;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => equal(item, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...names].every((name) => equal(left[name], right[name]));
  }
  return (left ?? null) === (right ?? null);
}

export function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

export function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

export function count(value: Value | undefined): number {
  return typeof value === "number" ? value : 0;
}

export function textMap(value: Value | undefined): { [name: string]: string } {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, text(item)]))
    : {};
}

export function objects(value: Value | undefined): Props[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** What the plugins record where Docker has no options: nothing rather than none. */
export function orNull(options: { [name: string]: string } | null | undefined): Value {
  return options === null || options === undefined || Object.keys(options).length === 0 ? null : options;
}
