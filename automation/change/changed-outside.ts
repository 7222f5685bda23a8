import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "../../components/values/json-object";
import { engineFailure } from "../engine/engine-error";
import type { OpenStack } from "../stack/open-stack";
import type { PlannedChange } from "./model/change";
import { SECRET } from "./model/shown";
import { type ProgramSecrets, plainSecrets } from "./secrets/program-secrets";
import { type SecretLeaf, secretLeaves } from "./secrets/secret-leaves";

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
  const known = isJsonObject(deployment) ? deployment["resources"] : undefined;
  for (const one of Array.isArray(known) ? known : []) {
    if (isJsonObject(one)) before.set(one["urn"], secretLeaves(plainSecrets(one["inputs"])));
  }
  return maybe
    .filter(({ urn }) => isDeepStrictEqual(sorted(before.get(urn) ?? []), sorted(secrets.leavesOf(urn))))
    .map(
      ({ name, what = name }) => `${what}, which was changed by hand, or by something other than this stack`,
    );
}

function tellsNothing({ operation, type, properties }: PlannedChange): boolean {
  const isOurs = type.startsWith("pulumi-nodejs:dynamic/");
  const isSame = properties.every(({ old, new: next }) => old === SECRET && next === SECRET);
  return operation === "update" && isOurs && isSame;
}

function sorted(leaves: readonly SecretLeaf[]): readonly SecretLeaf[] {
  return [...leaves].sort((one, other) => (one.path < other.path ? -1 : 1));
}
