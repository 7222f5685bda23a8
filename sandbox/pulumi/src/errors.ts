/** The exit codes of Pulumi 3.260 (sdk/go/common/util/cmdutil/exit.go): part of its contract. */
export const EXIT = {
  error: 1,
  configuration: 2,
  stackNotFound: 6,
  noChanges: 7,
  cancelled: 8,
} as const;

/** An error to print as `error: message`; never with a stack trace. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.error,
  ) {
    super(message);
    this.name = "CliError";
  }
}

/** The user has been told already: only the exit code is left to set. */
export class Bail extends Error {
  constructor(readonly exitCode: number = EXIT.error) {
    super("already reported");
    this.name = "Bail";
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
