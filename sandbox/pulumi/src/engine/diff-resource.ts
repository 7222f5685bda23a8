import type { DiffKind } from "../providers/provider";
import { formatPath, parsePath, pathContains, resetPath } from "../values/path";
import type { PropertyMap } from "../values/value";
import type { Diff, PropertyDiff } from "./provider-adapter";

/** Stands for the errors of an unfinished creation where `replaceOnChanges` is asked. */
const INIT_ERROR = "#initerror";

/** `news`, with what `ignoreChanges` names as it was. */
export function applyIgnoreChanges(
  news: PropertyMap,
  olds: PropertyMap,
  paths: readonly string[],
): PropertyMap {
  return paths.reduce((result, path) => resetPath(result, olds, parsePath(path)), news);
}

/** Turns changes below a `replaceOnChanges` path into replacements. */
export function applyReplaceOnChanges(diff: Diff, paths: readonly string[], hasInitErrors: boolean): Diff {
  if (paths.length === 0 || (!diff.changes && !hasInitErrors)) return diff;
  const patterns = paths.map(parsePath);
  const covered = (path: string) => patterns.some((pattern) => pathContains(pattern, parsePath(path)));
  const failed = hasInitErrors && patterns.some((pattern) => pathContains(pattern, [INIT_ERROR]));
  const detailed =
    diff.detailed &&
    Object.fromEntries(
      Object.entries(diff.detailed).map(([path, change]) => [
        path,
        covered(path) ? asReplacement(change) : change,
      ]),
    );
  const keys = diff.changedKeys.filter((key) => covered(formatPath([key])));
  const replaceKeys = new Set([...diff.replaceKeys, ...keys, ...(failed ? [INIT_ERROR] : [])]);
  return { ...diff, changes: diff.changes || failed, detailed, replaceKeys: [...replaceKeys] };
}

function asReplacement(change: PropertyDiff): PropertyDiff {
  return change.kind.endsWith("-replace")
    ? change
    : { ...change, kind: `${change.kind}-replace` as DiffKind };
}
