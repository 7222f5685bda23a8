import { messageOf, SandboxError } from "./sandbox-error";

export type Progress = (text: string) => void;

export interface StepTime {
  name: string;
  seconds: number;
}

/** No minute is silent: a step that takes longer says every so often where it is. */
const progressEveryMs = 15_000;

/** Runs named steps, prints one line for each with its time, and puts the step's name into its error. */
export class Steps {
  readonly times: StepTime[] = [];

  constructor(private readonly print: (line: string) => void) {}

  async run<T>(name: string, work: (progress: Progress) => Promise<T>): Promise<T> {
    const started = Date.now();
    let latest = "";
    const timer = setInterval(() => {
      this.print(`… ${name}  ${seconds(started).toFixed(0)} s${latest && `  ${latest}`}`);
    }, progressEveryMs);
    try {
      const result = await work((text) => {
        latest = text.trim().replace(/ {2,}/g, "  ").slice(0, 100);
      });
      this.times.push({ name, seconds: seconds(started) });
      this.print(`✓ ${name}  ${seconds(started).toFixed(1)} s`);
      return result;
    } catch (error) {
      this.print(`✗ ${name}  ${seconds(started).toFixed(1)} s`);
      throw new SandboxError(
        `${name}: ${messageOf(error)}`,
        error instanceof SandboxError ? error.exitCode : undefined,
      );
    } finally {
      clearInterval(timer);
    }
  }

  note(text: string): void {
    this.print(`  ${text}`);
  }
}

/** Waits for all, also after a failure, so that nothing is left half done in the background; then throws the first. */
export async function together<T extends readonly unknown[]>(
  work: {
    [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  const settled = await Promise.allSettled(work as readonly Promise<unknown>[]);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** One piece of work after the other, in the order in which they are asked for; a failure is its own only. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined); // whoever asked for it is told
    return turn;
  };
}

const seconds = (since: number) => (Date.now() - since) / 1000;
