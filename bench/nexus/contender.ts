import type { Action, Task } from "./shape";

export interface Timing {
  /** Seconds of the whole process, from its start to its end. */
  readonly whole: number;
  /** Seconds of processors, of the process and what it started, without Nexus. */
  readonly processor: number;
  /** Seconds of the operation inside it, where the contender tells. */
  readonly inside?: number;
}

/** Something that brings a Nexus to what is declared and away again. */
export interface Contender {
  /** With its version, as a table names it. */
  readonly name: string;
  /** Gets ready for a task; not timed. */
  prepare(task: Task): void;
  /** Undefined for what it doesn't do. @throws where it fails, or does anything but what is to be timed */
  run(action: Action): Timing | undefined;
  /** Removes its files. */
  remove(): void;
}
