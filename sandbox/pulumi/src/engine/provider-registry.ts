import type { CheckResult, Provider } from "../providers/provider";
import { loadProvider, providerNames } from "../providers/table";
import { containsUnknown, markSecrets, type PropertyMap, plainMap, sameMap } from "../values/value";
import type { BuiltinProvider } from "./builtin-provider";
import type { DynamicProvider } from "./dynamic-provider";
import { type CheckedInputs, type Diff, NO_DIFF, ProviderAdapter } from "./provider-adapter";
import type { ResourceState } from "./resource-state";
import { packageOf, parseProviderReference, urnType } from "./urn";

export type EngineProvider = Pick<
  ProviderAdapter,
  "check" | "diff" | "create" | "update" | "read" | "delete" | "invoke" | "close"
>;

export interface RegistryOptions {
  readonly builtin: BuiltinProvider;
  readonly dynamic: () => DynamicProvider;
  readonly signal: AbortSignal;
  readonly log: ConstructorParameters<typeof ProviderAdapter>[3];
}

/** Members of a provider resource that are the engine's own, not the provider's arguments. */
const INTERNAL = new Set(["version", "pluginDownloadURL", "__internal"]);

/** The providers of one run, by reference (`<urn>::<id>`). */
export class ProviderRegistry {
  private readonly live = new Map<string, EngineProvider>();
  private readonly loading = new Map<string, Promise<EngineProvider>>();

  constructor(private readonly options: RegistryOptions) {}

  get(reference: string): EngineProvider {
    const provider = this.live.get(reference);
    if (!provider) throw new Error(`unknown provider '${reference}'`);
    return provider;
  }

  has(reference: string): boolean {
    return this.live.has(reference);
  }

  /** A provider of the last run that this one hasn't registered: needed to delete what it once made. */
  async ensure(reference: string, olds: readonly ResourceState[]): Promise<EngineProvider> {
    const known = this.live.get(reference);
    if (known) return known;
    const { urn, id } = parseProviderReference(reference);
    const old = olds.find((state) => state.urn === urn && state.id === id);
    if (!old) throw new Error(`could not find the provider '${reference}' in the state`);
    let loading = this.loading.get(reference);
    if (!loading) {
      loading = this.configure(old.urn, old.id, old.inputs);
      this.loading.set(reference, loading);
    }
    return loading;
  }

  /** The `check` of a provider resource. */
  async check(state: ResourceState, news: PropertyMap): Promise<CheckedInputs> {
    if (packageOf(state.type) === "pulumi" || Object.values(news).some(containsUnknown)) {
      return { inputs: news, failures: [] };
    }
    const provider = this.create(packageOf(state.type));
    const result: CheckResult = provider.checkConfig(plainMap(argumentsOf(news)));
    const inputs = { ...(result.inputs as PropertyMap), ...internalsOf(news) };
    markSecrets(inputs, news);
    await provider.close();
    return { inputs, failures: result.failures };
  }

  /** A changed provider is updated in place: it must not replace the resources that it serves. */
  diff(oldInputs: PropertyMap, news: PropertyMap): Diff {
    if (sameMap(oldInputs, news)) return NO_DIFF;
    const keys = new Set([...Object.keys(oldInputs), ...Object.keys(news)]);
    const changed = [...keys].filter((key) => !INTERNAL.has(key));
    return { ...NO_DIFF, changes: true, changedKeys: changed };
  }

  /** Makes the provider of a provider resource; in a preview its arguments may be unknown. */
  async configure(urn: string, id: string, inputs: PropertyMap): Promise<EngineProvider> {
    const packageName = packageOf(urnType(urn));
    const known = !Object.values(inputs).some(containsUnknown);
    let provider: EngineProvider;
    if (packageName === "pulumi") {
      provider = this.options.builtin;
    } else {
      const created = this.create(packageName);
      if (known) await created.configure(plainMap(argumentsOf(inputs)));
      provider = new ProviderAdapter(created, known, this.options.signal, this.options.log);
    }
    this.live.set(`${urn}::${id}`, provider);
    return provider;
  }

  async close(): Promise<void> {
    await Promise.all([...this.live.values()].map((provider) => provider.close()));
  }

  private create(packageName: string): Provider {
    if (packageName === "pulumi-nodejs") return this.options.dynamic();
    const factory = loadProvider(packageName);
    if (factory) return factory.create();
    throw new Error(
      `the package '${packageName}' is not available in the sandbox's Pulumi engine; it has ${providerNames().join(", ")} and dynamic providers`,
    );
  }
}

function argumentsOf(inputs: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !INTERNAL.has(key)));
}

function internalsOf(inputs: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => INTERNAL.has(key)));
}
