import { messageOf } from "../errors";
import type { Redactor } from "../secrets/redactor";
import type { PropertyMap } from "../values/value";
import { applyStep, type Outcome } from "./apply-step";
import type { ChangeSummary, EventSink, Op, Severity } from "./events";
import type { EngineProvider, ProviderRegistry } from "./provider-registry";
import type { PendingOperation, ResourceState } from "./resource-state";
import { Slots } from "./slots";
import type { Snapshot } from "./snapshot";
import type { StateWriter } from "./state-writer";
import { isLogical, metadataOf, type Step, stepUrn } from "./step";
import { isDefaultProvider } from "./urn";

/** A step was not begun, or a resource can't be waited for any more: the run is ending. */
export class Stopped extends Error {
  constructor() {
    super("the run has been stopped");
    this.name = "Stopped";
  }
}

export interface ExecutorOptions {
  readonly preview: boolean;
  readonly parallel: number;
  readonly snapshot: Snapshot;
  /** Undefined in a preview: nothing is saved. */
  readonly writer: StateWriter | undefined;
  readonly registry: ProviderRegistry;
  readonly emit: EventSink;
  readonly redactor: Redactor;
}

const OPERATIONS: { readonly [op in Op]?: PendingOperation["type"] } = {
  create: "creating",
  "create-replacement": "creating",
  update: "updating",
  delete: "deleting",
  "delete-replaced": "deleting",
  read: "reading",
};

/** Carries out steps, tells about them, and keeps the state on disk in step with the world. */
export class StepExecutor {
  readonly changes: ChangeSummary = {};
  /** URNs that this run deletes. */
  readonly deleting = new Set<string>();
  private readonly slots: Slots;
  /** Resolves when no further step will be begun. */
  readonly whenStopped: Promise<void>;
  private stopping = false;
  private announceStop!: () => void;
  private errors = 0;

  constructor(private readonly options: ExecutorOptions) {
    this.slots = new Slots(options.parallel);
    this.whenStopped = new Promise((resolve) => {
      this.announceStop = resolve;
    });
  }

  get failed(): boolean {
    return this.errors > 0;
  }

  get stopped(): boolean {
    return this.stopping;
  }

  /** No further step is begun; the running ones finish. */
  stop(): void {
    this.stopping = true;
    this.announceStop();
  }

  /** Runs the steps one after the other; throws Stopped where one fails or the run is ending. */
  async runChain(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.run(step);
  }

  async run(step: Step): Promise<void> {
    if (this.stopping) throw new Stopped();
    await this.slots.run(() => this.execute(step));
  }

  /** From now on, nothing that is said contains the secrets in `properties`. */
  conceal(properties: PropertyMap): void {
    this.options.redactor.addSecretsIn(properties);
  }

  report(urn: string, severity: Severity, message: string, ephemeral = false, streamId = 0): void {
    if (severity === "error") this.errors++;
    const text = this.options.redactor.redact(message);
    this.options.emit({ kind: "diagnostic", urn, severity, message: text, streamId, ephemeral });
  }

  /** A failure that ends the run. */
  fail(urn: string, message: string): void {
    this.report(urn, "error", message);
    this.stop();
  }

  count(op: Op, urn: string): void {
    if (isLogical(op) && !isDefaultProvider(urn)) this.changes[op] = (this.changes[op] ?? 0) + 1;
  }

  private async execute(step: Step): Promise<void> {
    if (this.stopping) throw new Stopped();
    const { emit, preview } = this.options;
    for (const map of [step.new?.inputs, step.old?.inputs, step.old?.outputs]) if (map) this.conceal(map);
    const operation = await this.begin(step);
    emit({ kind: "resource-pre", step: metadataOf(step), planning: preview });
    let outcome: Outcome;
    try {
      outcome = await applyStep(step, {
        preview,
        registry: this.options.registry,
        provider: (reference) => this.provider(reference),
        goesWith: (urn) => this.deleting.has(urn),
      });
    } catch (error) {
      await this.failStep(step, operation, messageOf(error));
      throw new Stopped();
    }
    if (step.new) this.conceal(step.new.outputs);
    this.commit(step, operation, outcome);
    if (outcome.initErrors.length > 0) {
      await this.failStep(step, undefined, describeInitErrors(outcome.initErrors));
      throw new Stopped();
    }
    this.tell(step, outcome);
  }

  private provider(reference: string): Promise<EngineProvider> {
    return this.options.registry.ensure(reference, this.options.snapshot.base);
  }

  /** What is about to happen is on disk before it happens: a killed run leaves a trace. */
  private async begin(step: Step): Promise<PendingOperation | undefined> {
    const type = OPERATIONS[step.op];
    const { snapshot, writer } = this.options;
    const state = (step.op.startsWith("delete") ? step.old : step.new)!;
    if (!type || !writer || !state.custom) return undefined;
    const operation = snapshot.begin(state, type);
    await writer.save();
    return operation;
  }

  private commit(step: Step, operation: PendingOperation | undefined, outcome: Outcome): void {
    const { snapshot, writer } = this.options;
    snapshot.end(operation);
    record(step, snapshot, outcome);
    // Not waited for: later steps and the end of the run save again, and until then the trace of `begin` is there.
    writer?.save().catch((error: unknown) => this.fail("", `failed to save the state: ${messageOf(error)}`));
  }

  private async failStep(
    step: Step,
    operation: PendingOperation | undefined,
    message: string,
  ): Promise<void> {
    this.options.snapshot.end(operation);
    this.fail(stepUrn(step), message);
    this.options.emit({ kind: "resource-failed", step: metadataOf(step) });
    await this.options.writer?.save();
  }

  private tell(step: Step, outcome: Outcome): void {
    const op = resultOp(step, outcome);
    this.count(op, stepUrn(step));
    const state = (step.new ?? step.old)!;
    const finished = state.custom || step.op.startsWith("delete") || step.op === "refresh";
    const { refreshed } = outcome;
    if (finished) {
      this.options.emit({
        kind: "resource-outputs",
        step: metadataOf(refreshed ? { ...step, new: refreshed.state, diff: refreshed.diff } : step, op),
        planning: this.options.preview,
      });
    }
  }
}

function resultOp(step: Step, { refreshed }: Outcome): Op {
  if (!refreshed) return step.op;
  if (!refreshed.state) return "delete";
  return refreshed.changed ? "update" : "same";
}

function record(step: Step, snapshot: Snapshot, { refreshed }: Outcome): void {
  const { old, new: state } = step;
  if (old) snapshot.touch(old);
  switch (step.op) {
    case "same":
    case "update":
    case "read":
      if (old) snapshot.finish(old);
      snapshot.add(state as ResourceState);
      break;
    case "create":
    case "create-replacement":
      if (old?.pendingReplacement || old?.external) snapshot.finish(old);
      snapshot.add(state as ResourceState);
      break;
    case "delete":
    case "delete-replaced":
      if (!step.awaitsReplacement) snapshot.finish(old as ResourceState);
      break;
    case "remove-pending-replace":
      snapshot.finish(old as ResourceState);
      break;
    case "refresh":
      if (refreshed?.state !== old) snapshot.replaceBase(old as ResourceState, refreshed?.state);
      break;
    case "replace":
      break;
  }
}

function describeInitErrors(reasons: readonly string[]): string {
  const count = `${reasons.length} error${reasons.length === 1 ? "" : "s"} occurred:`;
  return [count, ...reasons.map((reason) => `\t* ${reason}`), ""].join("\n");
}
