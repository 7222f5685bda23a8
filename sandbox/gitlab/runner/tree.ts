/** What a YAML document holds. */
export type Tree = string | number | boolean | null | undefined | Tree[] | { [key: string]: Tree };

export function isMapping(tree: Tree): tree is { [key: string]: Tree } {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

/** As `include` and `extends` merge: mappings key by key, everything else as the later one has it. */
export function merged(base: Tree, over: Tree): Tree {
  if (!isMapping(base) || !isMapping(over)) return over;
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    result[key] = Object.hasOwn(base, key) ? merged(base[key], value) : value;
  }
  return result;
}
