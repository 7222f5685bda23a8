import { messageOf } from "../errors";
import { containsSecret, type PropertyMap } from "../values/value";
import { deleteTheRest } from "./deletions";
import type { EventSink } from "./events";
import { type Goal, providerGoal } from "./goal";
import { Operated } from "./operated";
import type { EngineProvider, ProviderRegistry } from "./provider-registry";
import { refreshAll } from "./refresh";
import type { ResourceState } from "./resource-state";
import type { Snapshot } from "./snapshot";
import type { StateWriter } from "./state-writer";
import { metadataOf, type Step } from "./step";
import { type StepExecutor, Stopped } from "./step-executor";
import { RegistrationError, StepGenerator } from "./step-generator";
import { isDefaultProvider, providerType, stackUrn } from "./urn";

export interface DeploymentOptions {
  readonly project: string;
  readonly stack: string;
  readonly preview: boolean;
  readonly snapshot: Snapshot;
  readonly writer: StateWriter | undefined;
  readonly registry: ProviderRegistry;
  readonly executor: StepExecutor;
  readonly emit: EventSink;
  /** The stack's configuration of a package, as inputs of its default provider. */
  packageConfig(name: string): PropertyMap;
  /** Called when the program has sent a secret, which the state will hold. */
  secretSeen(): void;
}

/** One run of the engine over one stack: what a program registers becomes steps, the rest is deleted. */
export class Deployment {
  private generator: StepGenerator | undefined;
  private readonly defaults = new Map<string, Promise<string>>();
  /** Components by URN: their last step is told about when their outputs come. */
  private readonly open = new Map<string, Step>();
  private stackOutputs: { urn: string; outputs: PropertyMap } | undefined;
  /** What of the program's own is still going on. */
  private readonly running = new Set<Promise<unknown>>();

  constructor(private readonly options: DeploymentOptions) {}

  get rootUrn(): string {
    return stackUrn(this.options.stack, this.options.project);
  }

  get executor(): StepExecutor {
    return this.options.executor;
  }

  get preview(): boolean {
    return this.options.preview;
  }

  get hasStackOutputs(): boolean {
    return this.stackOutputs !== undefined;
  }

  /** From here on, programs may register. */
  begin(): void {
    const { project, stack, snapshot, registry, executor, preview } = this.options;
    this.generator = new StepGenerator({ project, stack, snapshot, registry, executor, preview });
  }

  async refresh(): Promise<void> {
    const { snapshot, executor, writer } = this.options;
    await refreshAll(snapshot, executor);
    await writer?.save();
  }

  register(goal: Goal): Promise<ResourceState> {
    this.executor.conceal(goal.properties);
    if (!this.preview && containsSecret(goal.properties)) this.options.secretSeen();
    return this.track(async () => {
      const { steps, state } = await this.need().generate(goal);
      await this.options.executor.runChain(steps);
      if (!state.custom) this.open.set(state.urn, steps[steps.length - 1]!);
      return state;
    }, goal.name);
  }

  read(goal: Goal, id: string): Promise<ResourceState> {
    return this.track(async () => {
      const { steps, state } = this.need().generateRead(goal, id);
      await this.options.executor.runChain(steps);
      return state;
    }, goal.name);
  }

  /** A component's outputs; the stack's own wait until everything else is done. */
  registerOutputs(urn: string, outputs: PropertyMap): void {
    if (!this.open.has(urn))
      throw new Error(`cannot complete a resource '${urn}' whose registration isn't pending`);
    if (urn === this.rootUrn) this.stackOutputs = { urn, outputs };
    else this.setOutputs(urn, outputs);
  }

  find(urn: string): ResourceState | undefined {
    return this.generator?.find(urn);
  }

  /** The reference of the provider that serves a package where the program names none. */
  defaultProvider(packageName: string, version: string): Promise<string> {
    const key = `${packageName} ${version}`;
    let reference = this.defaults.get(key);
    if (!reference) {
      reference = this.registerDefault(packageName, version);
      this.defaults.set(key, reference);
    }
    return reference;
  }

  provider(reference: string): EngineProvider {
    return this.options.registry.get(reference);
  }

  /** When the program has ended without an error: deletes what it left out. */
  async finish(): Promise<void> {
    await this.settle();
    const { executor, snapshot } = this.options;
    if (executor.failed || executor.stopped) return;
    await deleteTheRest(snapshot, this.need().operated, executor);
  }

  /** Deletes everything. */
  async destroy(): Promise<void> {
    await deleteTheRest(this.options.snapshot, new Operated(), this.options.executor);
  }

  /** Last of all: the stack's outputs, and whatever is not on disk yet. */
  async close(): Promise<void> {
    await this.settle();
    const { executor, writer } = this.options;
    if (this.stackOutputs) {
      const { urn, outputs } = this.stackOutputs;
      const old = this.open.get(urn)?.old?.outputs ?? {};
      // A failed run may not have come as far as some outputs: they keep their last values.
      this.setOutputs(urn, executor.failed ? { ...old, ...outputs } : outputs);
    } else {
      const root = this.open.get(this.rootUrn);
      if (root)
        this.options.emit({ kind: "resource-outputs", step: metadataOf(root), planning: this.preview });
    }
    await writer?.save();
  }

  private need(): StepGenerator {
    if (!this.generator) throw new Error("the deployment has not begun");
    return this.generator;
  }

  private setOutputs(urn: string, outputs: PropertyMap): void {
    const step = this.open.get(urn)!;
    const { snapshot, writer, emit, preview } = this.options;
    step.new!.outputs = outputs;
    snapshot.touch(step.new!);
    emit({ kind: "resource-outputs", step: metadataOf(step), planning: preview });
    writer
      ?.save()
      .catch((error: unknown) => this.executor.fail(urn, `failed to save the state: ${messageOf(error)}`));
  }

  private async registerDefault(packageName: string, version: string): Promise<string> {
    const inputs = this.options.packageConfig(packageName);
    const name = version === "" ? "default" : `default_${version.replace(/[.+-]/g, "_")}`;
    const noted = version === "" ? inputs : { ...inputs, version, __internal: {} };
    const state = await this.register(providerGoal(providerType(packageName), name, noted));
    return `${state.urn}::${state.id}`;
  }

  /** Failures of a registration end the run and are told once; the program only learns that it is over. */
  private async track<T>(task: () => Promise<T>, name: string): Promise<T> {
    if (this.executor.stopped) throw new Stopped();
    const promise = task().catch((error: unknown) => {
      if (error instanceof Stopped) throw error;
      const urn = error instanceof RegistrationError ? error.urn : this.rootUrn;
      const prefix = error instanceof RegistrationError ? "" : `registering '${name}': `;
      this.executor.fail(isDefaultProvider(urn) ? this.rootUrn : urn, `${prefix}${messageOf(error)}`);
      throw new Stopped();
    });
    this.running.add(promise);
    return promise.finally(() => this.running.delete(promise));
  }

  /** Resolves when no registration is under way. */
  async settle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }
}
