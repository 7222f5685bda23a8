import type { ExitCode } from "./exit";
import type { Report } from "./report";

/** What running a command does to the world. */
export type Effect = "read-only" | "changes the stack" | "changes the services" | "destroys";

export interface OptionDefinition {
  /** As commander reads it: `--app <name>`, `--yes`. */
  readonly flags: string;
  readonly summary: string;
}

/** A command is data; it returns what it found and never exits. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly effect: Effect;
  /** As commander reads them: `[stack]`, `<source>`. */
  readonly args?: readonly { readonly name: string; readonly summary: string }[];
  readonly options?: readonly OptionDefinition[];
  readonly example: string;
  /** It shows what comes, maybe without end, and ends where nobody reads its standard output any more. @default false */
  readonly untilUnread?: boolean;
  run(call: Invocation): Promise<ExitCode>;
}

/** Commands under one name: `berth nexus inventory`, `berth nexus gc`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

export interface Invocation {
  readonly args: readonly (string | undefined)[];
  readonly options: { readonly [name: string]: string | boolean | undefined };
  readonly report: Report;
}

export const stackArgument = { name: "[stack]", summary: "the stack ($BERTH_STACK, else dev)" };
export const appOption = { flags: "--app <name>", summary: "the app, where the stack has several" };
/** Of commands that update a stack. */
export const tellOption = {
  flags: "--note",
  summary: "tell GitLab how it ends: a note in the merge request, a deployment ($BERTH_GITLAB_TOKEN)",
};

export function stackName(given: string | undefined): string {
  return given ?? process.env.BERTH_STACK ?? "dev";
}
