/** A program that runs. */
export interface ProgramRun {
  /** How the program ended; undefined where it ended well. `told` where it has told the user itself. */
  readonly result: Promise<{ readonly message: string; readonly told: boolean } | undefined>;
  /** Ends a program that doesn't end by itself. */
  kill(): Promise<void>;
}
