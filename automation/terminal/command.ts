import type { ExitCode } from "./exit";
import type { Report } from "./report";

/** What running a command does to the world. */
export type Effect =
  | "read-only"
  | "changes the stack"
  | "changes the services"
  | "changes what the command changes"
  | "writes files"
  | "destroys";

/** What completion offers in a shell: names out of the stack files, files, or words. */
export type Values = "stacks" | "apps" | "services" | "files" | readonly string[];

export interface OptionDefinition {
  /** As commander reads it: `--app <name>`, `--yes`, `-f, --follow`, `--no-referrers`. */
  readonly flags: string;
  readonly summary: string;
  /** @default nobody can know them */
  readonly values?: Values;
}

type Options = readonly OptionDefinition[];
type LongOf<Flags> = Flags extends `${string}, --${infer Long}`
  ? Long
  : Flags extends `--${infer Long}`
    ? Long
    : never;
type WordOf<Long> = Long extends `${infer Word} <${string}>`
  ? Word
  : Long extends `no-${infer Word}`
    ? Word
    : Long;
type Camel<Word> = Word extends `${infer First}-${infer Rest}` ? `${First}${Capitalize<Camel<Rest>>}` : Word;
type ValueOf<Flags> = Flags extends `${string}<${string}>` ? string : boolean;

/** What was given of a command's options, by their names as commander makes them: `--dry-run` is `dryRun`. */
export type Given<Declared extends Options> = {
  readonly [One in Declared[number] as Camel<WordOf<LongOf<One["flags"]>>> & string]?:
    | ValueOf<One["flags"]>
    | undefined;
};

export interface ArgumentDefinition {
  /** As commander reads it: `[stack]`, `<source>`, `<services...>`. */
  readonly name: string;
  readonly summary: string;
  /** @default nobody can know them */
  readonly values?: Values;
}

type Arguments = readonly ArgumentDefinition[];

/** What was given of a command's arguments. One that stands for several has them all. */
export type GivenArguments<Declared extends Arguments> = Declared extends readonly [
  { readonly name: `${string}...${string}` },
]
  ? readonly string[]
  : {
      readonly [Index in keyof Declared]: Declared[Index] extends { readonly name: `<${string}` }
        ? string
        : string | undefined;
    };

/** A command is data; it returns what it found and never exits. */
export interface Command<Declared extends Options = Options, Args extends Arguments = Arguments> {
  readonly name: string;
  readonly summary: string;
  readonly effect: Effect;
  readonly args?: Args;
  readonly options?: Declared;
  readonly example: string;
  /** It shows what comes, maybe without end, and ends where nobody reads its standard output any more. @default false */
  readonly untilUnread?: boolean;
  run(call: Invocation<Declared, Args>): Promise<ExitCode>;
}

/** A command whose options and arguments have the types that their declarations say. */
export function defineCommand<
  const Declared extends Options = readonly [],
  const Args extends Arguments = readonly [],
>(command: Command<Declared, Args>): Command {
  return command;
}

/** Commands under one name: `berth nexus inventory`, `berth nexus gc`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

export interface Invocation<Declared extends Options = Options, Args extends Arguments = Arguments> {
  readonly args: GivenArguments<Args>;
  readonly options: Given<Declared>;
  readonly report: Report;
}

export const stackArgument = {
  name: "[stack]",
  summary: "the stack ($BERTH_STACK, else dev)",
  values: "stacks",
} as const;
export const appOption = {
  flags: "--app <name>",
  summary: "the app, where the stack has several",
  values: "apps",
} as const;
/** Of commands that run the engine. */
export const verboseOption = {
  flags: "--verbose",
  summary: "show the engine's own output, too, which is in a log file otherwise",
} as const;
/** Of commands that update a stack. */
export const tellOption = {
  flags: "--note",
  summary: "tell GitLab how it ends: a note in the merge request, a deployment ($BERTH_GITLAB_TOKEN)",
} as const;

export function stackName(given: string | undefined): string {
  return given ?? process.env.BERTH_STACK ?? "dev";
}
