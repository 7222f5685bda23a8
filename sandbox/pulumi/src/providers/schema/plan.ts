import type { Props, Value } from "../provider";
import { UNKNOWN } from "../provider";
import type { Field, Fields } from "./field";
import { isObject } from "./value";

/**
 * The state that a create or an update with these inputs leads to, as far as it is known beforehand:
 * UNKNOWN where the resource decides.
 */
export function plannedOutputs(fields: Fields, inputs: Props): Props {
  return Object.fromEntries(
    Object.entries(fields).map(([name, known]) => [name, plannedValue(known, inputs[name])]),
  );
}

/** The recorded state with what an update in place plans to change in it; what the resource decides stays. */
export function updatedOutputs(fields: Fields, inputs: Props, oldOutputs: Props): Props {
  const planned = plannedOutputs(fields, inputs);
  const decided = (name: string) => inputs[name] === undefined && fields[name]?.computed === true;
  return {
    ...oldOutputs,
    ...Object.fromEntries(Object.entries(planned).filter(([name]) => !decided(name))),
  };
}

export function plannedValue(known: Field, value: Value | undefined): Value {
  if (value === undefined || value === null) return known.computed === true ? UNKNOWN : (known.empty ?? null);
  const inner = known.fields;
  if (inner === undefined || value === UNKNOWN) return value;
  if (Array.isArray(value)) {
    return value.map((item) => (isObject(item) ? plannedOutputs(inner, item) : item));
  }
  return isObject(value) ? plannedOutputs(inner, value) : value;
}

/** The planned state of a resource that was made but never read back: nothing the resource decides is known. */
export function unreadOutputs(fields: Fields, inputs: Props): Props {
  return Object.fromEntries(
    Object.entries(plannedOutputs(fields, inputs)).map(([name, value]) => {
      const known = fields[name];
      if (value === UNKNOWN && known?.kind === "set") return [name, []];
      return [name, forgetUnknown(value)];
    }),
  );
}

function forgetUnknown(value: Value): Value {
  if (value === UNKNOWN) return null;
  if (Array.isArray(value)) return value.map(forgetUnknown);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, forgetUnknown(item)]));
}
