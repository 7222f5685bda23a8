import { CliError, EXIT } from "../errors";

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  /** `optional` takes a value only as `--flag=value`; a bare `--flag` is "true". */
  readonly type: "bool" | "string" | "strings" | "int" | "optional";
  /** Known to Pulumi, but this engine can't do it: given, it is an error that names it. */
  readonly unsupported?: true;
}

/** What was given on the command line. */
export class Flags {
  private readonly values = new Map<string, string[]>();

  add(name: string, value: string): void {
    this.values.set(name, [...(this.values.get(name) ?? []), value]);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  bool(name: string): boolean {
    const value = this.string(name);
    return value !== undefined && !/^(false|f|0)$/i.test(value);
  }

  string(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }

  strings(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  int(name: string): number | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    if (!/^-?\d+$/.test(text)) {
      throw new CliError(
        `invalid argument "${text}" for "--${name}" flag: it is not a number`,
        EXIT.configuration,
      );
    }
    return Number(text);
  }
}

/** Flags and arguments in any order, as Pulumi takes them; after `--` everything is an argument. */
export function parseFlags(
  words: readonly string[],
  specs: readonly FlagSpec[],
): { flags: Flags; args: string[] } {
  const flags = new Flags();
  const args: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "--") {
      args.push(...queue);
      break;
    }
    if (word.startsWith("--")) takeLong(word, queue, specs, flags);
    else if (word.startsWith("-") && word.length > 1) takeShort(word, queue, specs, flags);
    else args.push(word);
  }
  return { flags, args };
}

function takeLong(word: string, queue: string[], specs: readonly FlagSpec[], flags: Flags): void {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const spec = specs.find((candidate) => candidate.name === name);
  if (!spec) throw new CliError(`unknown flag: --${name}`);
  take(spec, equals < 0 ? undefined : word.slice(equals + 1), queue, flags);
}

function takeShort(word: string, queue: string[], specs: readonly FlagSpec[], flags: Flags): void {
  for (let rest = word.slice(1); rest !== ""; ) {
    const letter = rest[0]!;
    const spec = specs.find((candidate) => candidate.short === letter);
    if (!spec) throw new CliError(`unknown shorthand flag: '${letter}' in ${word}`);
    rest = rest.slice(1);
    if (spec.type === "bool") {
      take(spec, undefined, queue, flags);
      continue;
    }
    take(spec, rest === "" ? undefined : rest.replace(/^=/, ""), queue, flags);
    return;
  }
}

function take(spec: FlagSpec, given: string | undefined, queue: string[], flags: Flags): void {
  let value = given;
  if (value === undefined) {
    const standsAlone = spec.type === "bool" || spec.type === "optional";
    value = standsAlone ? "true" : queue.shift();
    if (value === undefined) throw new CliError(`flag needs an argument: --${spec.name}`);
  }
  if (spec.type === "bool" && !/^(true|false|t|f|1|0)$/i.test(value)) {
    throw new CliError(`invalid argument "${value}" for "--${spec.name}" flag: it is neither true nor false`);
  }
  const off = spec.type === "bool" && /^(false|f|0)$/i.test(value);
  if (spec.unsupported && !off) {
    throw new CliError(
      `the flag --${spec.name} is not supported by the sandbox's Pulumi engine`,
      EXIT.configuration,
    );
  }
  flags.add(spec.name, value);
}
