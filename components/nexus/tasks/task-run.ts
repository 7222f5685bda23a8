import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "../rest/call";

export interface RunLimits {
  /** Milliseconds that one task may take. @default 1800000 */
  readonly taskLimit?: number;
  /** Milliseconds between two looks at a running task, at first. @default 500 */
  readonly firstPause?: number;
}

interface RunOptions extends RunLimits {
  readonly onStart: () => void;
}

/** The task goes on in Nexus. */
export class StillRunning extends Error {
  override readonly name = "StillRunning";
}

/** Of GET /v1/tasks/{id}. */
interface State {
  /** WAITING, RUNNING, BLOCKED …; newer servers append progress: `RUNNING: 12 %`. */
  readonly currentState: string;
  /** When the last run began; null for never. */
  readonly lastRun: string | null;
  /** OK, FAILED, CANCELED, INTERRUPTED. */
  readonly lastRunResult?: string | null;
}

const TASK_LIMIT_MS = 30 * 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;

/**
 * Runs a task of Nexus, which must be enabled, and waits for its end.
 * @throws StillRunning where it takes longer than its limit; Error where it fails, is gone or can't be run
 */
export function runTask(call: Call, task: { id: string; name: string }, options: RunOptions): Promise<void> {
  return new Run(call, task, options).run();
}

class Run {
  private readonly started = Date.now();
  private readonly path: string;

  constructor(
    private readonly call: Call,
    private readonly task: { readonly id: string; readonly name: string },
    private readonly options: RunOptions,
  ) {
    this.path = `/v1/tasks/${encodeURIComponent(task.id)}`;
  }

  async run(): Promise<void> {
    const last = await this.start();
    this.options.onStart();
    const { lastRunResult } = await this.untilIdle(last);
    if (lastRunResult === "OK" || !lastRunResult) return;
    throw new Error(
      `The task "${this.task.name}" ended with ${lastRunResult} in Nexus. ` +
        "Its log is in /nexus-data/log/tasks; nothing after it was run.",
    );
  }

  /** Gives when it ran before. A run that Nexus started itself in that moment is waited for and followed by another. */
  private async start(): Promise<string | null> {
    for (;;) {
      const { lastRun } = await this.untilIdle();
      const answer = await this.call("POST", `${this.path}/run`, [204, 500], undefined, { repeatable: true });
      if (answer.status === 204) return lastRun;
      // 500 without a word is what 3.71 says where the task runs already.
      const now = await this.state();
      if (!isBusy(now) && now.lastRun === lastRun) {
        throw new Error(`Nexus answered 500 to running the task "${this.task.name}". Its own log says why.`);
      }
    }
  }

  /** Waits until the task is not running, and has run since `last` if that is given. */
  private async untilIdle(last?: string | null): Promise<State> {
    const { taskLimit = TASK_LIMIT_MS, firstPause = FIRST_PAUSE_MS } = this.options;
    for (let pause = firstPause; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const state = await this.state();
      if (!isBusy(state) && state.lastRun !== last) return state;
      if (Date.now() - this.started > taskLimit) {
        throw new StillRunning(
          `The task "${this.task.name}" is still ${state.currentState} in Nexus after ` +
            `${Math.round(taskLimit / 1000)} s and goes on there. ` +
            "Run again when it is done, or stop it in Nexus under System, Tasks.",
        );
      }
      await sleep(pause);
    }
  }

  private async state(): Promise<State> {
    const answer = await this.call("GET", this.path, [200, 404]);
    if (answer.status === 200) {
      const { lastRun = null, ...rest } = answer.body as Partial<State>;
      return { currentState: "", ...rest, lastRun };
    }
    throw new Error(
      `The task "${this.task.name}" was deleted from Nexus while it was needed. Is somebody else collecting garbage?`,
    );
  }
}

function isBusy({ currentState }: State): boolean {
  return /^(RUNNING|BLOCKED|CANCELING)/.test(currentState);
}
