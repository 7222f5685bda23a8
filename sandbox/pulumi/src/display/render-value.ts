import { UNKNOWN } from "../providers/provider";
import {
  isMap,
  type PropertyMap,
  type PropertyValue,
  ResourceReference,
  Secret,
  sameValue,
} from "../values/value";
import { paint } from "./style";

export interface RenderOptions {
  readonly showSecrets: boolean;
}

/** The engine's own notes inside inputs and outputs. */
function isInternal(key: string): boolean {
  return key.startsWith("__");
}

const STEP = "    ";

/** `key: value` lines with aligned values, as the real CLI prints a resource's properties. */
export function renderMap(map: PropertyMap, indent: string, options: RenderOptions): string[] {
  const width = widest(Object.keys(map));
  return Object.keys(map)
    .filter((key) => !isInternal(key))
    .sort()
    .map((key) => `${indent}${key.padEnd(width)}: ${renderValue(map[key]!, indent, options)}`);
}

export function renderValue(value: PropertyValue, indent: string, options: RenderOptions): string {
  if (value === UNKNOWN) return "[unknown]";
  if (value instanceof Secret)
    return options.showSecrets ? renderValue(value.value, indent, options) : "[secret]";
  if (value === null) return "<null>";
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof ResourceReference) return JSON.stringify(value.urn);
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const items = value.map(
      (item, index) => `${indent}${STEP}[${index}]: ${renderValue(item, indent + STEP, options)}`,
    );
    return `[\n${items.join("\n")}\n${indent}]`;
  }
  if (!isMap(value)) return String(value);
  const lines = renderMap(value, indent + STEP, options);
  return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${indent}}`;
}

/**
 * What changes from `olds` to `news`: `+`, `-` and `~` stand in the two columns before the key. `unchanged` also
 * lists what stays.
 */
export function renderChanges(
  olds: PropertyMap,
  news: PropertyMap,
  indent: string,
  options: RenderOptions & { readonly unchanged: boolean },
): string[] {
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])]
    .filter((key) => !isInternal(key))
    .sort();
  const shown = keys.filter(
    (key) => options.unchanged || !sameValue(olds[key], news[key]) || secretness(olds[key], news[key]),
  );
  const width = widest(shown);
  return shown.map((key) => renderChange(key.padEnd(width), olds[key], news[key], indent, options));
}

function renderChange(
  label: string,
  old: PropertyValue | undefined,
  now: PropertyValue | undefined,
  indent: string,
  options: RenderOptions & { readonly unchanged: boolean },
): string {
  const margin = indent.slice(2);
  if (old === undefined) return paint("green", `${margin}+ ${label}: ${renderValue(now!, indent, options)}`);
  if (now === undefined) return paint("red", `${margin}- ${label}: ${renderValue(old, indent, options)}`);
  if (sameValue(old, now)) return `${indent}${label}: ${renderValue(now, indent, options)}`;
  if (isMap(old) && isMap(now)) {
    const lines = renderChanges(old, now, indent + STEP, options);
    return `${paint("yellow", `${margin}~ ${label}: {`)}\n${lines.join("\n")}\n${indent}}`;
  }
  if (Array.isArray(old) && Array.isArray(now)) {
    const lines = renderChanges(indexed(old), indexed(now), indent + STEP, { ...options, unchanged: false });
    return `${paint("yellow", `${margin}~ ${label}: [`)}\n${lines.join("\n")}\n${indent}]`;
  }
  const change = `${renderValue(old, indent, options)} => ${renderValue(now, indent, options)}`;
  return paint("yellow", `${margin}~ ${label}: ${change}`);
}

function indexed(items: PropertyValue[]): PropertyMap {
  return Object.fromEntries(items.map((item, index) => [`[${index}]`, item]));
}

function secretness(old: PropertyValue | undefined, now: PropertyValue | undefined): boolean {
  return old !== undefined && now !== undefined && old instanceof Secret !== now instanceof Secret;
}

function widest(keys: readonly string[]): number {
  return Math.max(0, ...keys.map((key) => key.length));
}
