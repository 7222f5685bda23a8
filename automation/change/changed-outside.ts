import { isDeepStrictEqual } from "node:util";
import { engineFailure } from "../engine-error";
import type { OpenStack } from "../open-stack";
import type { PlannedChange } from "./change";
import { type ProgramSecrets, plainSecrets } from "./program-secrets";
import { type SecretLeaf, secretLeaves } from "./secret-leaves";
import { isMap, SECRET } from "./shown";

/**
 * What an update puts right although nothing else is wanted of it than before: the world was changed by something else, as the
 * password of an account by hand. Our own providers look at the world in every preview, and can't tell the engine what
 * they saw: such an update has no property, or secrets alone, of which only their values say whether they are the same.
 * @returns a sentence each
 * @throws CommandError where the engine can't tell the state's secrets
 */
export async function changedOutside(
  { stack }: Pick<OpenStack, "stack">,
  resources: readonly PlannedChange[],
  secrets: Pick<ProgramSecrets, "leavesOf">,
): Promise<string[]> {
  const maybe = resources.filter(tellsNothing);
  if (maybe.length === 0) return [];
  const { deployment } = await stack.exportStack().catch(engineFailure);
  const before = new Map<unknown, SecretLeaf[]>();
  for (const one of isMap(deployment) ? (deployment["resources"] as unknown[]) : []) {
    if (isMap(one)) before.set(one["urn"], secretLeaves(plainSecrets(one["inputs"])));
  }
  return maybe
    .filter(({ urn }) => isDeepStrictEqual(sorted(before.get(urn) ?? []), sorted(secrets.leavesOf(urn))))
    .map(({ name }) => `${name}, which was changed by hand, or by something other than this stack`);
}

function tellsNothing({ operation, type, properties }: PlannedChange): boolean {
  const isOurs = type.startsWith("pulumi-nodejs:dynamic/");
  const isSame = properties.every(({ old, new: next }) => old === SECRET && next === SECRET);
  return operation === "update" && isOurs && isSame;
}

function sorted(leaves: readonly SecretLeaf[]): readonly SecretLeaf[] {
  return [...leaves].sort((one, other) => (one.path < other.path ? -1 : 1));
}
