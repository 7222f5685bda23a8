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
  return { ...oldOutputs, ...withDecided(plannedOutputs(fields, inputs), inputs, oldOutputs) };
}

/** @param planned UNKNOWN where the resource decides, and where the program doesn't know yet what it wants */
function withDecided(planned: Props, wanted: Props, recorded: Props): Props {
  return Object.fromEntries(
    Object.entries(planned).map(([name, value]) => [name, decided(value, wanted[name], recorded[name])]),
  );
}

function decided(planned: Value, wanted: Value | undefined, recorded: Value | undefined): Value {
  if (wanted === UNKNOWN) return planned;
  if (planned === UNKNOWN) return recorded ?? null;
  if (Array.isArray(planned)) {
    const [items, old] = [wanted, recorded].map((list) => (Array.isArray(list) ? list : []));
    return planned.map((item, index) => decided(item, items?.[index], old?.[index]));
  }
  if (!isObject(planned)) return planned;
  return withDecided(planned, isObject(wanted) ? wanted : {}, isObject(recorded) ? recorded : {});
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
