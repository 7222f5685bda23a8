import {
  type DiffKind,
  type OperationContext,
  PartialFailure,
  type Provider,
  type ResourceState as ProviderState,
  type Value,
} from "../providers/provider";
import { makeSecret, markSecrets, type PropertyMap, type PropertyValue, plainMap } from "../values/value";
import type { ResourceState } from "./resource-state";

export interface PropertyDiff {
  readonly kind: DiffKind;
  readonly inputDiff: boolean;
}

export interface Diff {
  readonly changes: boolean;
  readonly replaceKeys: readonly string[];
  readonly changedKeys: readonly string[];
  readonly detailed: { readonly [path: string]: PropertyDiff } | undefined;
  readonly deleteBeforeReplace: boolean;
}

export const NO_DIFF: Diff = {
  changes: false,
  replaceKeys: [],
  changedKeys: [],
  detailed: undefined,
  deleteBeforeReplace: false,
};

export function isReplacement(diff: Diff): boolean {
  const kinds = Object.values(diff.detailed ?? {});
  return diff.replaceKeys.length > 0 || kinds.some(({ kind }) => kind.endsWith("-replace"));
}

export interface CheckedInputs {
  readonly inputs: PropertyMap;
  readonly failures: readonly { property: string; reason: string }[];
}

export interface Live {
  readonly id: string;
  readonly outputs: PropertyMap;
  readonly initErrors: string[];
}

type Log = OperationContext["log"];

/**
 * A configured provider as the engine uses it. Providers see plain values only: this unwraps the secrets of
 * what goes in and marks what comes out.
 */
export class ProviderAdapter {
  constructor(
    private readonly provider: Provider,
    /** False in a preview where the provider's own arguments aren't known yet: it can't be asked anything. */
    private readonly configured: boolean,
    private readonly signal: AbortSignal,
    private readonly log: (urn: string) => Log,
  ) {}

  async check(
    state: ResourceState,
    olds: PropertyMap | undefined,
    news: PropertyMap,
    randomSeed: Buffer,
  ): Promise<CheckedInputs> {
    if (!this.configured) return { inputs: news, failures: [] };
    const request = {
      urn: state.urn,
      type: state.type,
      olds: olds && plainMap(olds),
      news: plainMap(news),
      randomSeed,
    };
    const result = await this.provider.check(request);
    const inputs = copy(result.inputs) as PropertyMap;
    markSecrets(inputs, news);
    return { inputs, failures: result.failures };
  }

  async diff(
    old: ResourceState,
    oldInputs: PropertyMap,
    oldOutputs: PropertyMap,
    news: PropertyMap,
  ): Promise<Diff> {
    // What the real engine says in this case, too: something may change, nobody knows what.
    if (!this.configured) return { ...NO_DIFF, changes: true };
    const result = await this.provider.diff({
      urn: old.urn,
      type: old.type,
      id: old.id,
      oldInputs: plainMap(oldInputs),
      oldOutputs: plainMap(oldOutputs),
      newInputs: plainMap(news),
    });
    const paths = Object.entries(result.detailed);
    return {
      changes: result.changes,
      replaceKeys: [...result.replaces].sort(),
      changedKeys: [...new Set(paths.map(([path]) => path.split(/[.[]/)[0] ?? path))].sort(),
      detailed:
        paths.length === 0
          ? undefined
          : Object.fromEntries(paths.map(([path, kind]) => [path, { kind, inputDiff: false }])),
      deleteBeforeReplace: result.deleteBeforeReplace,
    };
  }

  async create(state: ResourceState, preview: boolean): Promise<Live> {
    if (!this.configured) return { id: "", outputs: {}, initErrors: [] };
    const request = { ...this.context(state), inputs: plainMap(state.inputs), preview };
    return this.live(() => this.provider.create(request), state.inputs);
  }

  async update(old: ResourceState, state: ResourceState, preview: boolean): Promise<Live> {
    if (!this.configured) return { id: old.id, outputs: {}, initErrors: [] };
    const request = {
      ...this.context(state),
      id: old.id,
      inputs: plainMap(state.inputs),
      oldInputs: plainMap(old.inputs),
      oldOutputs: plainMap(old.outputs),
      preview,
    };
    return this.live(() => this.provider.update(request), state.inputs);
  }

  /** Undefined where the resource is gone. */
  async read(state: ResourceState): Promise<(Live & { inputs: PropertyMap }) | undefined> {
    if (!this.configured) throw new Error(`the provider of ${state.urn} is not configured yet`);
    const request = {
      ...this.context(state),
      id: state.id,
      inputs: plainMap(state.inputs),
      outputs: plainMap(state.outputs),
    };
    let inputs = state.inputs;
    const live = await this.live(async () => {
      const result = await this.provider.read(request);
      if (result) {
        inputs = copy(result.inputs) as PropertyMap;
        markSecrets(inputs, state.inputs);
      }
      return result;
    }, state.inputs);
    if (live.id === "") return undefined;
    markSecrets(live.outputs, state.outputs);
    return { ...live, inputs };
  }

  async delete(state: ResourceState): Promise<void> {
    const { inputs, outputs } = state;
    await this.provider.delete({
      ...this.context(state),
      id: state.id,
      inputs: plainMap(inputs),
      outputs: plainMap(outputs),
    });
  }

  async invoke(token: string, args: PropertyMap): Promise<PropertyMap> {
    return copy(await this.provider.invoke(token, plainMap(args))) as PropertyMap;
  }

  close(): Promise<void> {
    return this.provider.close();
  }

  private context(state: ResourceState): OperationContext {
    return { urn: state.urn, type: state.type, log: this.log(state.urn), signal: this.signal };
  }

  private async live(call: () => Promise<ProviderState | undefined>, inputs: PropertyMap): Promise<Live> {
    let result: ProviderState | undefined;
    let initErrors: string[] = [];
    try {
      result = await call();
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error;
      result = error.state;
      initErrors = [...error.reasons];
    }
    if (!result) return { id: "", outputs: {}, initErrors };
    const outputs = copy(result.outputs) as PropertyMap;
    markSecrets(outputs, inputs);
    for (const key of result.secretOutputs ?? []) {
      if (outputs[key] !== undefined) outputs[key] = makeSecret(outputs[key]);
    }
    return { id: result.id, outputs, initErrors };
  }
}

/** Providers may hand out what they hold; marking secrets must not reach into it. */
function copy(value: Value): PropertyValue {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || value === null) return value;
  const result: PropertyMap = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) result[key] = copy(item);
  return result;
}
