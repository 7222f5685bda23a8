import { UNKNOWN } from "../providers/provider";
import type { PropertyMap } from "../values/value";
import { dependentsOf } from "./dependents";
import { applyReplaceOnChanges } from "./diff-resource";
import type { Operated } from "./operated";
import { isReplacement } from "./provider-adapter";
import type { EngineProvider } from "./provider-registry";
import type { ResourceState } from "./resource-state";
import { isProviderType, parseProviderReference } from "./urn";

export interface ReplacementContext {
  readonly base: readonly ResourceState[];
  readonly operated: Operated;
  provider(reference: string): Promise<EngineProvider>;
}

/**
 * What must be deleted before `root` can be: of everything that depends on it, the resources that will have to
 * be replaced because of it. Whether they will is asked of their providers, with unknowns in place of what they
 * got from resources that go. In the order in which they depend on each other.
 */
export async function dependentReplacements(
  root: ResourceState,
  context: ReplacementContext,
): Promise<ResourceState[]> {
  const going = new Set([root.urn]);
  const result: ResourceState[] = [];
  // Whatever has been registered already can't depend on the root in this run, whatever the last one says.
  for (const state of dependentsOf(root, context.base, ({ urn }) => context.operated.has(urn))) {
    if (!(await mustGo(state, going, context))) continue;
    going.add(state.urn);
    result.push(state);
  }
  return result;
}

async function mustGo(state: ResourceState, going: ReadonlySet<string>, context: ReplacementContext) {
  if (!state.custom || state.external) return false;
  if (state.provider !== "" && going.has(parseProviderReference(state.provider).urn)) return true;
  if (state.deletedWith !== "" && going.has(state.deletedWith)) return true;
  const inputs: PropertyMap = { ...state.inputs };
  let affected = false;
  for (const key of Object.keys(inputs)) {
    if (!(state.propertyDependencies[key] ?? []).some((urn) => going.has(urn))) continue;
    inputs[key] = UNKNOWN;
    affected = true;
  }
  if (!affected || isProviderType(state.type)) return false;
  const provider = await context.provider(state.provider);
  const diff = await provider.diff(state, state.inputs, state.outputs, inputs);
  return isReplacement(applyReplaceOnChanges(diff, state.replaceOnChanges, false));
}
