import { availableParallelism } from "node:os";
import type { CheckpointJson } from "../backend/checkpoint";
import { nowNanos } from "../backend/go-time";
import { containsSecure } from "../project/config-value";
import type { Stack } from "../project/stack";
import { runInline } from "../rpc/inline-program";
import { runLocal } from "../rpc/local-program";
import type { ProgramRun } from "../rpc/program";
import type { PassphraseSecrets } from "../secrets/passphrase";
import { SECRET } from "../values/signatures";
import { type Assembly, assemble } from "./assembly";
import type { Deployment } from "./deployment";
import type { ChangeSummary, EventSink } from "./events";
import { warnOfInterrupted } from "./interrupted";
import type { StepExecutor } from "./step-executor";

export interface OperationOptions {
  readonly kind: "update" | "refresh" | "destroy";
  readonly preview: boolean;
  /** Operations at a time; 0 is the default. */
  readonly parallel: number;
  /** Where an inline program is served; undefined runs the project's own. */
  readonly client: string | undefined;
  /** Refresh before the operation proper. */
  readonly refresh: boolean;
  /** Refresh only: forget interrupted creations. */
  readonly clearPendingCreates: boolean;
}

export interface OperationResult {
  readonly failed: boolean;
  readonly cancelled: boolean;
  readonly changes: ChangeSummary;
}

/** Interrupts of the user: the first stops the run in good order, the second at once. */
export interface Interrupts {
  onInterrupt(stop: () => void): void;
}

/** As Pulumi: four operations for each processor. */
const PARALLEL_PER_PROCESSOR = 4;
/** How long a program may go on when the run has failed and nothing of it is left; most wait for what won't come. */
const PROGRAM_GRACE_MILLISECONDS = 300;

/** Runs one update, refresh or destruction, or its preview. The caller holds the stack's lock. */
export class Operation {
  private readonly abort = new AbortController();
  private readonly parallel: number;
  private cancelled = false;

  constructor(
    private readonly stack: Stack,
    private readonly checkpoint: CheckpointJson,
    private readonly secrets: PassphraseSecrets,
    private readonly options: OperationOptions,
    private readonly emit: EventSink,
  ) {
    this.parallel = options.parallel || availableParallelism() * PARALLEL_PER_PROCESSOR;
  }

  async run(interrupts: Interrupts): Promise<OperationResult> {
    const start = nowNanos();
    const run = await this.assembleWithKey();
    interrupts.onInterrupt(() => this.interrupt(run.executor));
    this.emit({ kind: "prelude", config: this.maskedConfig() });
    warnOfInterrupted(run.snapshot, run.executor, run.deployment.rootUrn, this.options);
    try {
      await this.perform(run);
    } finally {
      await run.close();
    }
    const failed = run.executor.failed || this.cancelled;
    const { changes } = run.executor;
    this.emit({
      kind: "summary",
      preview: this.options.preview,
      duration: nowNanos() - start,
      changes,
      failed,
    });
    this.emit({ kind: "cancel" });
    return { failed, cancelled: this.cancelled, changes };
  }

  private async perform(run: Assembly): Promise<void> {
    const { deployment, executor } = run;
    const { kind, refresh, preview } = this.options;
    if (kind === "refresh" || refresh) await deployment.refresh();
    if (kind === "destroy" && !executor.stopped) await deployment.destroy();
    if (kind === "update" && !executor.stopped) await this.runProgram(run);
    const what = preview ? "preview" : "update";
    if (this.cancelled) executor.report(deployment.rootUrn, "error", `${what} canceled`);
    else if (executor.failed) executor.report(deployment.rootUrn, "error", `${what} failed`);
    await deployment.close();
  }

  private async runProgram(run: Assembly): Promise<void> {
    const { deployment, executor } = run;
    deployment.begin();
    const program = this.start(run);
    const stopped = run.stopped.then(() => "stopped" as const);
    const first = await Promise.race([program.result.then(() => "ended" as const), run.done, stopped]);
    if (first === "stopped") return this.endProgram(program, deployment);
    if (first === "ended") {
      const problem = await program.result;
      if (problem && !executor.stopped) {
        if (problem.told && executor.failed) executor.stop();
        else executor.fail(deployment.rootUrn, problem.message || "the program ended with an error");
      }
    }
    await deployment.finish();
    run.release();
    const problem = await program.result;
    if (problem && !executor.failed) executor.fail(deployment.rootUrn, problem.message);
  }

  private async endProgram(program: ProgramRun, deployment: Deployment): Promise<void> {
    await deployment.settle();
    const late = setTimeout(() => void program.kill(), PROGRAM_GRACE_MILLISECONDS);
    await program.result;
    clearTimeout(late);
  }

  private start(run: Assembly): ProgramRun {
    const { values, secretKeys } = this.stack.programConfig();
    const request = {
      project: this.stack.name.project,
      stack: this.stack.name.stack,
      preview: this.options.preview,
      parallel: this.parallel,
      monitorAddress: run.monitorAddress,
      engineAddress: run.engineAddress,
      config: values,
      secretKeys,
    };
    if (this.options.client) return runInline(this.options.client, request);
    return runLocal(this.stack.project, request, (line, isError) =>
      run.executor.report(run.deployment.rootUrn, isError ? "info#err" : "info", `${line}\n`),
    );
  }

  private interrupt(executor: StepExecutor): void {
    this.cancelled = true;
    this.abort.abort();
    executor.stop();
  }

  /** The key takes a while on another processor: meanwhile the process of dynamic providers starts. */
  private async assembleWithKey(): Promise<Assembly> {
    const prepared = this.holdsSecrets() ? this.secrets.prepare() : undefined;
    const [run, key] = await Promise.allSettled([this.assemble(), prepared]);
    if (run.status === "rejected") throw run.reason;
    if (key.status === "rejected") {
      await run.value.close();
      throw key.reason;
    }
    return run.value;
  }

  private assemble(): Promise<Assembly> {
    const { stack, checkpoint, secrets, parallel, emit } = this;
    const { preview } = this.options;
    return assemble({ stack, checkpoint, secrets, preview, parallel, emit, signal: this.abort.signal });
  }

  private holdsSecrets(): boolean {
    if ([...this.stack.config.entries().values()].some(containsSecure)) return true;
    return JSON.stringify(this.checkpoint.checkpoint.latest?.resources ?? []).includes(SECRET);
  }

  private maskedConfig(): { [key: string]: string } {
    const { values, secretKeys } = this.stack.programConfig();
    return Object.fromEntries(
      [...values].map(([key, value]) => [key, secretKeys.includes(key) ? "[secret]" : value]),
    );
  }
}
