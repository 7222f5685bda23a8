/** What the command's exit code says. */
export const Exit = { done: 0, failed: 1, usage: 2, differs: 3, locked: 4, interrupted: 130 } as const;
export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** An error for people: what was attempted, what came back, the next step. Printed without a stack trace. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exit: ExitCode = Exit.failed,
  ) {
    super(message);
    this.name = "CommandError";
  }
}
