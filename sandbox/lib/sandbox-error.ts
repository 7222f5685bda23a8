/** A failure that a person can act on: its message says what was attempted, what came back and what to do. */
export class SandboxError extends Error {
  override name = "SandboxError";

  constructor(
    message: string,
    /** 1 failed, 2 usage, 4 held by another run. */
    readonly exitCode: 1 | 2 | 4 = 1,
  ) {
    super(message);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
