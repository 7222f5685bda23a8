import { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import type { DiffKind, DiffPart, DiffResult } from "../providers/provider";
import { parsePath, pathContains } from "../values/path";

const KINDS: Readonly<Record<DiffKind, PropertyDiff.Kind>> = {
  add: PropertyDiff.Kind.ADD,
  "add-replace": PropertyDiff.Kind.ADD_REPLACE,
  delete: PropertyDiff.Kind.DELETE,
  "delete-replace": PropertyDiff.Kind.DELETE_REPLACE,
  update: PropertyDiff.Kind.UPDATE,
  "update-replace": PropertyDiff.Kind.UPDATE_REPLACE,
};

/**
 * A provider's diff as the engine reads it. The engine has put the old inputs in the place of those to be ignored; what
 * has changed in the world below such a path is ignored here, as in Pulumi's bridge of Terraform plugins.
 * @param ignored the resource option `ignoreChanges`
 * @param unsaid what the real plugin doesn't say
 */
export function diffResponse(
  result: DiffResult,
  ignored: readonly string[],
  unsaid: readonly DiffPart[],
): DiffResponse {
  const patterns = ignored.map(parsePath);
  const isIgnored = (path: string) => patterns.some((pattern) => pathContains(pattern, parsePath(path)));
  const detailed = Object.entries(result.detailed).filter(([path]) => !isIgnored(path));
  const changed = new Set(detailed.map(([path]) => topOf(path)));
  const response = new DiffResponse();
  const some = ignored.length === 0 ? result.changes : detailed.length > 0;
  response.setChanges(some ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE);
  if (!unsaid.includes("replaces")) {
    response.setReplacesList(result.replaces.filter((name) => changed.has(topOf(name))).sort());
  }
  if (!unsaid.includes("diffs")) response.setDiffsList([...changed].sort());
  response.setDeletebeforereplace(result.deleteBeforeReplace);
  if (unsaid.includes("detailed")) return response;
  response.setHasdetaileddiff(true);
  for (const [path, kind] of detailed) {
    const difference = new PropertyDiff();
    difference.setKind(KINDS[kind]);
    response.getDetaileddiffMap().set(path, difference);
  }
  return response;
}

const topOf = (path: string) => String(parsePath(path)[0]);
