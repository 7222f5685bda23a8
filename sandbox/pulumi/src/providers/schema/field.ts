import type { Value } from "../provider";

/** How a property's value is shaped. `set` and `objects` are compared without regard to order. */
export type Kind = "string" | "number" | "boolean" | "list" | "set" | "map" | "object" | "objects" | "any";

/** One input (or output) of a resource, as the published package's types name it. */
export interface Field {
  readonly kind: Kind;
  readonly required?: boolean;
  /** Put into the inputs where the program gave nothing. */
  readonly default?: Value;
  /** What the plugin's state holds where nothing was given; null unless told. */
  readonly empty?: Value;
  /** Decided by the resource where the program gave nothing, so its absence is never a change. */
  readonly computed?: boolean;
  readonly replace?: boolean;
  /** Members of an `object`, or of each element of `objects`. */
  readonly fields?: Fields;
  /** Answers what is wrong with a known value, or undefined. */
  readonly accept?: (value: Value) => string | undefined;
  /** Only the plugin sets it: given by a program, it is unsupported. */
  readonly output?: boolean;
}

export type Fields = { readonly [name: string]: Field };

export function field(kind: Kind, more: Omit<Field, "kind"> = {}): Field {
  return { kind, ...more };
}

export function oneOf(...allowed: string[]): (value: Value) => string | undefined {
  return (value) => (allowed.includes(String(value)) ? undefined : `must be one of ${allowed.join(", ")}`);
}

export function atLeast(least: number): (value: Value) => string | undefined {
  return (value) => (Number(value) >= least ? undefined : `must be at least ${least}`);
}
