/** What a program is told when it is run; the same for inline and for local ones. */
export interface ProgramRequest {
  readonly project: string;
  readonly stack: string;
  readonly preview: boolean;
  readonly parallel: number;
  readonly monitorAddress: string;
  readonly engineAddress: string;
  readonly config: ReadonlyMap<string, string>;
  readonly secretKeys: readonly string[];
}

export interface ProgramRun {
  /** How the program ended; undefined where it ended well. `told` where it has told the user itself. */
  readonly result: Promise<{ readonly message: string; readonly told: boolean } | undefined>;
  /** Ends a program that doesn't end by itself. */
  kill(): Promise<void>;
}
