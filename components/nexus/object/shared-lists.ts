import { type Comparison, listOf } from "./compare";
import type { Fields } from "./kind";

/**
 * Lists that we share with others, as administrators (`Comparison.shared`). The state keeps, as `theirs`, which entries of
 * our wish were there without us: those are not ours to take away.
 */

/** By field. */
type Theirs = { readonly [field: string]: readonly unknown[] };

const knownOf = (state: Fields) => (state["theirs"] ?? {}) as Theirs;

/**
 * What of our wish was on the server's lists without us, for the state.
 * @param before the state so far, where there is one
 */
export function theirsOf(
  { shared = [] }: Comparison,
  existing: Fields | undefined,
  want: Fields,
  before: Fields = {},
): { theirs?: Theirs } {
  if (shared.length === 0) return {};
  const stood = shared.map((field): [string, unknown[]] => {
    const [have = [], asked = [], known = []] = [
      existing?.[field],
      before[field],
      knownOf(before)[field],
    ].map(listOf);
    const wasThere = (item: unknown) =>
      have.includes(item) && (!asked.includes(item) || known.includes(item));
    return [field, listOf(want[field]).filter(wasThere)];
  });
  return { theirs: Object.fromEntries(stood) };
}

/** The fields as last asked for, without what on shared lists was there without us. */
export function oursOf({ shared = [] }: Comparison, fields: Fields, state: Fields): Fields {
  const lists = shared.map((field): [string, unknown[]] => {
    const theirs = listOf(knownOf(state)[field]);
    return [field, listOf(fields[field]).filter((item) => !theirs.includes(item))];
  });
  return { ...fields, ...Object.fromEntries(lists) };
}
