/** What the Docker API answered, or why it didn't. */
export function dockerReason(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message?: string };
  return (json?.message ?? message ?? String(error)).trim();
}

export function isNotFound(error: unknown): boolean {
  return (error as { statusCode?: number }).statusCode === 404;
}

const UNREACHABLE = [
  "ECONNREFUSED",
  "ENOENT",
  "EACCES",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "ECONNRESET",
];

/** `what` as a sentence's beginning: "Unable to create network web-1a2b3c4". */
export function dockerError(what: string, error: unknown, host: string): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && UNREACHABLE.includes(code)) {
    return new Error(
      `${what}: Docker does not answer at ${host} (${code}); is it running, and may you use it?`,
    );
  }
  return new Error(`${what}: ${dockerReason(error)}`);
}
