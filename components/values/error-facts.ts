/** What an error says; a refused connection's has its reasons inside it and no words of its own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join("; ");
  const message = factOf(error, "message");
  return typeof message === "string" ? message : String(error);
}

/** What was thrown, as an error. */
export function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}

/** Node's name of a failed call of the system, `ENOENT`; undefined where it is none. */
export function codeOf(error: unknown): string | undefined {
  const code = factOf(error, "code");
  return typeof code === "string" ? code : undefined;
}

/** The status of an answer that an error is about, as dockerode's errors have it; undefined where none came. */
export function statusOf(error: unknown): number | undefined {
  const status = factOf(error, "statusCode");
  return typeof status === "number" ? status : undefined;
}

/** What a command that failed has printed as its reason, else what the error says. */
export function saidBy(error: unknown): string {
  const stderr = factOf(error, "stderr");
  return (typeof stderr === "string" && stderr !== "" ? stderr : messageOf(error)).trim();
}

function factOf(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}
