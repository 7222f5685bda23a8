import type { Facts } from "./server-abilities";
import type { CallOptions, NexusAnswer } from "./transport";

/** A call with the server filled in: `call("GET", "/v1/…", [200])`. */
export interface Call {
  (
    method: string,
    path: string,
    expected: readonly number[],
    body?: unknown,
    options?: PathOptions,
  ): Promise<NexusAnswer>;
  /** What the server can do, asked once per process: for kinds whose calls differ by version. */
  readonly facts: () => Promise<Facts>;
}

export interface PathOptions extends CallOptions {
  /** Where the path hangs. @default "/service/rest" */
  readonly below?: string;
}
