import { randomBytes } from "node:crypto";
import { type PropertyMap, sameMap } from "../values/value";
import { applyIgnoreChanges, applyReplaceOnChanges } from "./diff-resource";
import type { Goal } from "./goal";
import { Operated } from "./operated";
import { type Diff, isReplacement, NO_DIFF } from "./provider-adapter";
import type { EngineProvider, ProviderRegistry } from "./provider-registry";
import { dependentReplacements } from "./replacements";
import { emptyState, type ResourceState } from "./resource-state";
import { Slots } from "./slots";
import type { Snapshot } from "./snapshot";
import type { Step } from "./step";
import type { StepExecutor } from "./step-executor";
import { isProviderType, makeUrn } from "./urn";

export interface GeneratorOptions {
  readonly project: string;
  readonly stack: string;
  readonly snapshot: Snapshot;
  readonly registry: ProviderRegistry;
  readonly executor: StepExecutor;
  readonly preview: boolean;
}

interface Registration {
  readonly goal: Goal;
  readonly old: ResourceState | undefined;
  readonly state: ResourceState;
  readonly provider: EngineProvider | undefined;
  readonly seed: Buffer;
}

/** The resource can't be registered as asked; the message is for the user. */
export class RegistrationError extends Error {
  constructor(
    readonly urn: string,
    message: string,
  ) {
    super(message);
    this.name = "RegistrationError";
  }
}

/** Decides what has to be done to bring a resource to what the program asks for. */
export class StepGenerator {
  readonly operated = new Operated();
  /** Live resources of the last run. */
  private readonly olds: Map<string, ResourceState>;
  private readonly registered = new Map<string, ResourceState>();
  /** Checks and diffs run side by side; a decision may condemn other resources, so there is one at a time. */
  private readonly decisions = new Slots(1);

  constructor(private readonly options: GeneratorOptions) {
    this.olds = new Map(
      options.snapshot.base.filter((state) => !state.delete).map((state) => [state.urn, state]),
    );
  }

  find(urn: string): ResourceState | undefined {
    return this.registered.get(urn) ?? this.olds.get(urn);
  }

  /** The steps for one registration; the last one leads to the state returned. */
  async generate(goal: Goal): Promise<{ steps: Step[]; state: ResourceState }> {
    const registration = this.register(goal);
    const { state, old } = registration;
    const recreating = this.operated.deletedForReplacement.has(state.urn);
    const inherits = old && !recreating && !old.external;
    const goalInputs = inherits
      ? applyIgnoreChanges(goal.properties, old.inputs, goal.ignoreChanges)
      : goal.properties;
    state.inputs = await this.check(registration, inherits ? old.inputs : undefined, goalInputs);
    if (!old || old.external) return { state, steps: [this.create(state, old)] };
    if (recreating) return { state, steps: this.recreate(registration) };
    const diff = await this.diff(registration);
    const steps = await this.decisions.run(() => this.decide(registration, diff));
    return { state, steps };
  }

  /** A resource that is only read. */
  generateRead(goal: Goal, id: string): { steps: Step[]; state: ResourceState } {
    const { state, old } = this.register(goal);
    if (old && !old.external) {
      throw new RegistrationError(
        state.urn,
        `the resource ${state.urn} is managed by this stack and can't be read, too`,
      );
    }
    state.id = id;
    state.external = true;
    state.inputs = goal.properties;
    this.operated.kept.add(state.urn);
    return { state, steps: [{ op: "read", old, new: state }] };
  }

  private register(goal: Goal): Registration {
    const { project, stack } = this.options;
    const urn = makeUrn(stack, project, goal.parent, goal.type, goal.name);
    if (this.registered.has(urn)) {
      throw new RegistrationError(urn, `Duplicate resource URN '${urn}'; try giving it a unique name`);
    }
    if (goal.parent !== "" && !this.registered.has(goal.parent)) {
      throw new RegistrationError(urn, `could not find parent resource ${goal.parent}`);
    }
    const old = this.findOld(urn, goal.aliases);
    const state = stateOf(goal, urn, old, this.registered.get(goal.parent));
    this.registered.set(urn, state);
    const custom = goal.custom && !isProviderType(goal.type);
    const provider = custom ? this.options.registry.get(goal.provider) : undefined;
    return { goal, old, state, provider, seed: randomBytes(32) };
  }

  private findOld(urn: string, aliases: readonly string[]): ResourceState | undefined {
    const old = this.olds.get(urn);
    if (old) return old;
    const alias = aliases.find((candidate) => this.olds.has(candidate) && !this.operated.has(candidate));
    if (alias === undefined) return undefined;
    const renamed = this.olds.get(alias)!;
    this.operated.kept.add(alias);
    this.options.snapshot.rename(alias, urn);
    return renamed;
  }

  private async check(registration: Registration, olds: PropertyMap | undefined, news: PropertyMap) {
    const { state, provider, seed } = registration;
    if (!provider && !isProviderType(state.type)) return news;
    const { inputs, failures } = provider
      ? await provider.check(state, olds, news, seed)
      : await this.options.registry.check(state, news);
    if (failures.length === 0) return inputs;
    const lines = failures.map(({ property, reason }) =>
      property === ""
        ? `${state.type} resource '${registration.goal.name}' has a problem: ${reason}`
        : `${state.type} resource '${registration.goal.name}': property ${property} has a problem: ${reason}`,
    );
    throw new RegistrationError(state.urn, lines.join("\n"));
  }

  private async diff({ goal, old, state, provider }: Registration): Promise<Diff> {
    if (!old) return NO_DIFF;
    if ((old.provider === "") !== (state.provider === ""))
      return { ...NO_DIFF, changes: true, replaceKeys: ["provider"] };
    const going = goal.deletedWith !== "" && this.operated.replaced.has(goal.deletedWith);
    if (going) return { ...NO_DIFF, changes: true, replaceKeys: ["deletedWith"] };
    if (isProviderType(state.type)) return this.options.registry.diff(old.inputs, state.inputs);
    if (!provider) return sameMap(old.inputs, state.inputs) ? NO_DIFF : { ...NO_DIFF, changes: true };
    return provider.diff(old, old.inputs, old.outputs, state.inputs);
  }

  private async decide(registration: Registration, found: Diff): Promise<Step[]> {
    const { goal, old, state } = registration;
    if (!old) throw new Error(`nothing to compare ${state.urn} with`);
    // Another resource's replacement may have condemned this one while its provider was being asked.
    if (this.operated.deletedForReplacement.has(state.urn)) {
      state.inputs = await this.check(registration, undefined, goal.properties);
      return this.recreate(registration);
    }
    const failedBefore = old.initErrors.length > 0;
    const diff = applyReplaceOnChanges(found, goal.replaceOnChanges, failedBefore);
    if (old.pendingReplacement || (diff.changes && isReplacement(diff)))
      return this.replace(registration, diff);
    this.operated.kept.add(state.urn);
    if (diff.changes || failedBefore) return [{ op: "update", old, new: state, diff }];
    return [{ op: "same", old, new: state }];
  }

  private create(state: ResourceState, old: ResourceState | undefined): Step {
    this.operated.kept.add(state.urn);
    return { op: "create", old, new: state };
  }

  private recreate({ old, state }: Registration): Step[] {
    this.operated.deletedForReplacement.delete(state.urn);
    this.operated.kept.add(state.urn);
    this.operated.replaced.add(state.urn);
    return [
      { op: "replace", old, new: state },
      { op: "create-replacement", old, new: state, marksOld: false },
    ];
  }

  private async replace(registration: Registration, diff: Diff): Promise<Step[]> {
    const { goal, state } = registration;
    const old = registration.old!;
    if (old.protect && state.protect) this.refuseProtected(old.urn);
    state.inputs = await this.check(registration, undefined, goal.properties);
    const first = goal.deleteBeforeReplace ?? diff.deleteBeforeReplace;
    const steps: Step[] = [];
    if (first) steps.push(...(await this.deleteFirst(old)));
    this.operated.kept.add(state.urn);
    this.operated.replaced.add(state.urn);
    const replace: Step = { op: "replace", old, new: state, diff };
    const create: Step = {
      op: "create-replacement",
      old,
      new: state,
      diff,
      marksOld: !first && !old.pendingReplacement,
    };
    return first ? [...steps, replace, create] : [create, replace];
  }

  /** Deletes `old` before its replacement, and before it whatever can't stay without it. */
  private async deleteFirst(old: ResourceState): Promise<Step[]> {
    const { snapshot, registry } = this.options;
    const dependents = await dependentReplacements(old, {
      base: snapshot.base,
      operated: this.operated,
      provider: (reference) => registry.ensure(reference, snapshot.base),
    });
    const steps: Step[] = [];
    for (const dependent of dependents.reverse()) {
      if (this.operated.condemned.has(dependent)) continue;
      if (dependent.protect && !dependent.delete) this.refuseProtected(dependent.urn, old.urn);
      this.operated.condemned.add(dependent);
      if (dependent.delete) {
        steps.push({ op: "delete", old: dependent, new: undefined });
      } else {
        this.operated.deletedForReplacement.add(dependent.urn);
        steps.push({ op: "delete-replaced", old: dependent, new: undefined, awaitsReplacement: true });
      }
    }
    if (!old.pendingReplacement) {
      steps.push({ op: "delete-replaced", old, new: undefined, awaitsReplacement: true });
    }
    return steps;
  }

  private refuseProtected(urn: string, because?: string): void {
    const reason = because ? ` as part of replacing "${because}"` : "";
    const message = `unable to replace resource "${urn}"${reason}\nas it is currently marked for protection. To unprotect the resource, remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\``;
    if (!this.options.preview) throw new RegistrationError(urn, message);
    this.options.executor.report(urn, "error", message);
  }
}

function stateOf(goal: Goal, urn: string, old: ResourceState | undefined, parent: ResourceState | undefined) {
  const state: ResourceState = {
    ...emptyState(urn, goal.type, goal.custom),
    inputs: goal.properties,
    parent: goal.parent,
    protect: goal.protect ?? parent?.protect ?? false,
    dependencies: [...goal.dependencies],
    provider: goal.provider,
    propertyDependencies: Object.fromEntries(
      Object.entries(goal.propertyDependencies).map(([key, urns]) => [key, [...urns]]),
    ),
    additionalSecretOutputs: [...goal.additionalSecretOutputs],
    customTimeouts: goal.customTimeouts,
    retainOnDelete: goal.retainOnDelete ?? parent?.retainOnDelete ?? false,
    deletedWith: goal.deletedWith,
    created: old?.created ?? "",
    modified: old?.modified ?? "",
    sourcePosition: goal.sourcePosition,
    stackTrace: [...goal.stackTrace],
    ignoreChanges: [...goal.ignoreChanges],
    replaceOnChanges: [...goal.replaceOnChanges],
  };
  return state;
}
