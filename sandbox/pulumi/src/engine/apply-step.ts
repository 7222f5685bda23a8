import { randomUUID } from "node:crypto";
import { goTime } from "../backend/go-time";
import type { DiffKind } from "../providers/provider";
import { UNKNOWN_STRING } from "../values/signatures";
import { makeSecret, Secret, sameMap } from "../values/value";
import { type Diff, type Live, NO_DIFF } from "./provider-adapter";
import type { EngineProvider, ProviderRegistry } from "./provider-registry";
import type { ResourceState } from "./resource-state";
import type { Step } from "./step";
import { isProviderType } from "./urn";

export interface ApplyContext {
  readonly preview: boolean;
  readonly registry: ProviderRegistry;
  provider(reference: string): Promise<EngineProvider>;
  /** Whether the resource goes together with another one that is deleted anyway. */
  goesWith(urn: string): boolean;
}

/** What a step left to say. */
export interface Outcome {
  /** Reasons why the resource exists but is not as wanted. */
  readonly initErrors: readonly string[];
  /** Refresh only: what it found; undefined where the resource is gone. */
  readonly refreshed?: {
    readonly state: ResourceState | undefined;
    readonly changed: boolean;
    /** From what was wanted to what was found. */
    readonly diff?: Diff;
  };
}

const DONE: Outcome = { initErrors: [] };

/** Does what the step says, through its provider, and records the result in the step's states. */
export async function applyStep(step: Step, context: ApplyContext): Promise<Outcome> {
  switch (step.op) {
    case "same":
      return applySame(step, context);
    case "create":
    case "create-replacement":
      return applyCreate(step, context);
    case "update":
      return applyUpdate(step, context);
    case "delete":
    case "delete-replaced":
      return applyDelete(step, context);
    case "read":
      return applyRead(step, context);
    case "refresh":
      return applyRefresh(step, context);
    case "replace":
    case "remove-pending-replace":
      return DONE;
  }
}

async function applySame(step: Step, { registry }: ApplyContext): Promise<Outcome> {
  const state = step.new!;
  state.id = step.old!.id;
  state.outputs = step.old!.outputs;
  if (isProviderType(state.type)) await registry.configure(state.urn, state.id, state.inputs);
  return DONE;
}

async function applyCreate(step: Step, context: ApplyContext): Promise<Outcome> {
  const state = step.new!;
  let live: Live = { id: "", outputs: {}, initErrors: [] };
  if (isProviderType(state.type)) live = await createProvider(state, context);
  else if (state.custom) live = await (await context.provider(state.provider)).create(state, context.preview);
  if (state.custom && live.id === "" && !context.preview && live.initErrors.length === 0) {
    throw new Error("provider did not return an ID from Create");
  }
  record(state, live);
  state.created = state.modified;
  if (step.marksOld && step.old) step.old.delete = true;
  return { initErrors: live.initErrors };
}

async function createProvider(state: ResourceState, { preview, registry }: ApplyContext): Promise<Live> {
  const id = preview ? UNKNOWN_STRING : randomUUID();
  await registry.configure(state.urn, id, state.inputs);
  return { id, outputs: providerOutputs(state), initErrors: [] };
}

/** A provider's outputs are its inputs, without the engine's own notes. */
function providerOutputs(state: ResourceState): ResourceState["outputs"] {
  const { __internal, ...outputs } = state.inputs;
  return outputs;
}

async function applyUpdate(step: Step, context: ApplyContext): Promise<Outcome> {
  const state = step.new!;
  const old = step.old!;
  state.id = old.id;
  if (!state.custom) return DONE;
  if (isProviderType(state.type)) {
    await context.registry.configure(state.urn, old.id, state.inputs);
    record(state, { id: old.id, outputs: providerOutputs(state), initErrors: [] });
    return DONE;
  }
  const live = await (await context.provider(state.provider)).update(old, state, context.preview);
  record(state, { ...live, id: old.id });
  return { initErrors: live.initErrors };
}

async function applyDelete(step: Step, context: ApplyContext): Promise<Outcome> {
  const old = step.old!;
  const owned = old.custom && !old.external && !isProviderType(old.type);
  const kept = old.retainOnDelete || (old.deletedWith !== "" && context.goesWith(old.deletedWith));
  if (owned && !kept && !context.preview) await (await context.provider(old.provider)).delete(old);
  if (step.awaitsReplacement) old.pendingReplacement = true;
  return DONE;
}

async function applyRead(step: Step, context: ApplyContext): Promise<Outcome> {
  const state = step.new!;
  if (state.id === UNKNOWN_STRING) return DONE;
  const live = await (await context.provider(state.provider)).read(state);
  if (!live) throw new Error(`resource '${state.id}' does not exist`);
  const unchanged = step.old && sameMap(step.old.outputs, live.outputs);
  record(state, live);
  state.created = step.old?.created ?? "";
  state.modified = step.old ? (unchanged ? step.old.modified : state.modified) : "";
  return { initErrors: live.initErrors };
}

async function applyRefresh(step: Step, context: ApplyContext): Promise<Outcome> {
  const old = step.old!;
  if (!old.custom || isProviderType(old.type) || old.pendingReplacement) {
    return { initErrors: [], refreshed: { state: old, changed: false } };
  }
  const provider = await context.provider(old.provider);
  const live = await provider.read(old);
  if (!live) return { initErrors: [], refreshed: { state: undefined, changed: true } };
  const state: ResourceState = { ...old, inputs: live.inputs };
  record(state, live);
  const same = sameMap(state.inputs, old.inputs) && sameMap(state.outputs, old.outputs);
  if (same) state.modified = old.modified;
  // What would an update have to change to get back to the old inputs?
  const diff = old.external ? NO_DIFF : await provider.diff(state, state.inputs, state.outputs, old.inputs);
  return { initErrors: [], refreshed: { state, changed: diff.changes, diff: inverted(diff) } };
}

/** The way back is told the other way round; what it would replace isn't told (RefreshStep of Pulumi's engine). */
function inverted(diff: Diff): Diff {
  const kinds: { readonly [kind: string]: DiffKind } = {
    ...{ add: "delete", "add-replace": "delete-replace" },
    ...{ delete: "add", "delete-replace": "add-replace" },
  };
  const entries = Object.entries(diff.detailed ?? {}).map(
    ([path, one]) => [path, { ...one, kind: kinds[one.kind] ?? one.kind }] as const,
  );
  return { ...diff, replaceKeys: [], detailed: diff.detailed && Object.fromEntries(entries) };
}

function record(state: ResourceState, live: Live): void {
  state.id = live.id;
  state.outputs = live.outputs;
  state.initErrors = live.initErrors;
  state.modified = goTime();
  for (const key of state.additionalSecretOutputs) {
    const value = state.outputs[key];
    if (value !== undefined) state.outputs[key] = makeSecret(value);
  }
  for (const [key, value] of Object.entries(state.outputs)) {
    if (state.inputs[key] instanceof Secret) state.outputs[key] = makeSecret(value);
  }
}
