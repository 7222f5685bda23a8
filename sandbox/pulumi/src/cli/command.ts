import type { FlagSpec, Flags } from "./flags";

export interface Invocation {
  readonly args: readonly string[];
  readonly flags: Flags;
  /** False without a terminal, and with --non-interactive. */
  readonly interactive: boolean;
}

/** Returns the process's exit code; nothing is 0. */
export type Handler = (invocation: Invocation) => Promise<number | undefined> | number | undefined;

export interface Command {
  /** `stack init` */
  readonly path: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly usage?: string;
  readonly minArgs?: number;
  readonly maxArgs: number;
  readonly flags: readonly FlagSpec[];
  /** Loaded when it is run: `pulumi version` shall not wait for gRPC. */
  load(): Handler;
}

export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  { name: "cwd", short: "C", type: "string" },
  { name: "color", type: "string" },
  { name: "non-interactive", type: "bool" },
  { name: "help", short: "h", type: "bool" },
  { name: "verbose", short: "v", type: "int" },
  { name: "logtostderr", type: "bool" },
  { name: "logflow", type: "bool" },
  { name: "emoji", short: "e", type: "bool" },
  { name: "disable-integrity-checking", type: "bool" },
  { name: "fully-qualify-stack-names", short: "Q", type: "bool" },
  { name: "memprofilerate", type: "int", unsupported: true },
  { name: "otel-traces", type: "string", unsupported: true },
  { name: "profiling", type: "string", unsupported: true },
  { name: "tracing", type: "string", unsupported: true },
];
