/**
 * Aliases that let the engine know resources by their names of before (`was` in the settings), so that it keeps what they
 * are. A component's children whose names begin with its own follow it by themselves.
 */

/** Something that settings name and that may have had another name. */
export interface Renamed {
  readonly name: string;
  readonly was?: string | undefined;
}

/** Of a resource named after the thing: `blog`, or `blog-kept-tags` with a suffix. */
export function aliasesOf({ was }: Renamed, suffix = ""): { aliases: { name: string }[] } {
  return { aliases: was === undefined ? [] : [{ name: `${was}${suffix}` }] };
}

/**
 * Of a resource of an app on a server, and of its volume there: every combination of names, but for the app's, which its
 * component stands for.
 */
export function placeAliases(app: string, server: Renamed, last: Renamed): { aliases: { name: string }[] } {
  const named = ({ name, was }: Renamed) => (was === undefined ? [name] : [name, was]);
  const names = named(server).flatMap((one) => named(last).map((end) => `${app}-${one}-${end}`));
  return { aliases: names.slice(1).map((name) => ({ name })) };
}
