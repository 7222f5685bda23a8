import type { ResourceState } from "./resource-state";
import { parseProviderReference } from "./urn";

/** Whether `state` needs what has this URN (and, for a provider, this id) to exist before it. */
export function dependsOn(state: ResourceState, on: ResourceState, includeParent = true): boolean {
  if (state === on) return false;
  if (includeParent && state.parent === on.urn) return true;
  if (state.deletedWith === on.urn || state.dependencies.includes(on.urn)) return true;
  if (Object.values(state.propertyDependencies).some((urns) => urns.includes(on.urn))) return true;
  if (state.provider === "") return false;
  const provider = parseProviderReference(state.provider);
  return provider.urn === on.urn && provider.id === on.id;
}

/**
 * Everything that depends on `root`, directly or not, in the order of `states` (a dependency first). Resources
 * for which `ignore` is true are left out, and what depends on `root` only through them, too.
 */
export function dependentsOf(
  root: ResourceState,
  states: readonly ResourceState[],
  ignore: (state: ResourceState) => boolean,
): ResourceState[] {
  const found = [root];
  for (const state of states.slice(states.indexOf(root) + 1)) {
    if (!ignore(state) && found.some((other) => dependsOn(state, other, false))) found.push(state);
  }
  return found.slice(1);
}

/**
 * For every state the ones among `states` that must be deleted before it. Only later states count: the order
 * of a snapshot is one in which dependencies come first, so this can't go round in circles.
 */
export function deleteAfter(states: readonly ResourceState[]): Map<ResourceState, ResourceState[]> {
  return new Map(
    states.map((state, index) => [state, states.slice(index + 1).filter((later) => dependsOn(later, state))]),
  );
}
