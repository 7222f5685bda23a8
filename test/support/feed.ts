import type { ChildProcess } from "node:child_process";

/**
 * Gives a program its standard input, to the end. One that ends without reading it is told apart by its exit code: that
 * nobody reads is no error of the test, which an event without a listener would make it.
 */
export function feed({ stdin }: ChildProcess, input: string | Uint8Array = ""): void {
  stdin?.on("error", () => undefined);
  stdin?.end(input);
}
