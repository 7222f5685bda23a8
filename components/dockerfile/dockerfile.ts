import { DockerfileParser, type Instruction, type ModifiableInstruction } from "dockerfile-ast";

/** Where an image is named that a build may pull. */
export type NamedBy = "FROM" | "COPY --from" | "RUN --mount" | "# syntax";

/** An image, or a stage, as it is written: with variables in it. */
export interface NamedImage {
  readonly text: string;
  readonly by: NamedBy;
  /** From 1. */
  readonly line: number;
}

export interface Argument {
  readonly name: string;
  /** As it is written, quotes and variables included; undefined where it has no default. */
  readonly value: string | undefined;
  readonly line: number;
}

export interface Stage {
  /** In lower case, as BuildKit compares them. */
  readonly name: string | undefined;
  readonly from: NamedImage;
  readonly args: readonly Argument[];
  /** Images and stages that it takes files from. */
  readonly others: readonly NamedImage[];
  /** Ids of the secrets that its commands mount, as they are written. */
  readonly secrets: readonly string[];
  /** Those of the ssh agents, likewise; undefined for one that has none. */
  readonly agents: readonly (string | undefined)[];
}

/** A Dockerfile, as far as its images go. */
export interface Dockerfile {
  /** The frontend that BuildKit pulls to read the file with. */
  readonly syntax: NamedImage | undefined;
  /** Before the first FROM: what FROM lines may use. */
  readonly globals: readonly Argument[];
  readonly stages: readonly Stage[];
  /** What continues a line and quotes: a backslash, or a backtick. */
  readonly escapeCharacter: string;
}

/** Reads a Dockerfile. What BuildKit will refuse in it is left to BuildKit. */
export function readDockerfile(text: string): Dockerfile {
  const parsed = DockerfileParser.parse(text);
  const escapeCharacter = parsed.getEscapeCharacter();
  const globals: Argument[] = [];
  const stages: { -readonly [Key in keyof Stage]: Stage[Key] }[] = [];
  for (const instruction of parsed.getInstructions()) {
    const stage = stages.at(-1);
    const keyword = instruction.getKeyword();
    if (keyword === "FROM") stages.push(stageOf(instruction));
    else if (keyword === "ARG") {
      const args = argumentsOf(instruction, escapeCharacter);
      if (stage) stage.args = [...stage.args, ...args];
      else globals.push(...args);
    } else if (stage) {
      stage.others = [...stage.others, ...sourcesOf(instruction)];
      stage.secrets = [...stage.secrets, ...mountsOf(instruction, "secret").map(secretId)];
      stage.agents = [...stage.agents, ...mountsOf(instruction, "ssh").map((mount) => mount.get("id"))];
    }
  }
  const directive = parsed.getDirectives().find((one) => one.getName().toLowerCase() === "syntax");
  const frontend = directive?.getValue().trim();
  const line = directive ? directive.getRange().start.line + 1 : 0;
  const syntax = frontend ? ({ text: frontend, by: "# syntax", line } as const) : undefined;
  return { syntax, globals, stages, escapeCharacter };
}

function stageOf(instruction: Instruction): Stage {
  const [image = "", as, name] = instruction.getArguments().map((argument) => argument.getValue());
  return {
    name: as?.toUpperCase() === "AS" ? name?.toLowerCase() : undefined,
    from: { text: image, by: "FROM", line: lineOf(instruction) },
    args: [],
    others: [],
    secrets: [],
    agents: [],
  };
}

/** `ARG A B=2 C="x y"`. */
function argumentsOf(instruction: Instruction, escapeCharacter: string): Argument[] {
  const raw = joined(instruction.getRawArgumentsContent() ?? "", escapeCharacter);
  const line = lineOf(instruction);
  return wordsOf(raw, escapeCharacter).map((word) => {
    const equals = word.indexOf("=");
    if (equals === -1) return { name: word, value: undefined, line };
    return { name: word.slice(0, equals), value: word.slice(equals + 1), line };
  });
}

function sourcesOf(instruction: Instruction): NamedImage[] {
  const keyword = instruction.getKeyword();
  if (keyword !== "COPY" && keyword !== "RUN") return [];
  const line = lineOf(instruction);
  return (instruction as ModifiableInstruction).getFlags().flatMap((flag): NamedImage[] => {
    const value = flag.getValue() ?? "";
    if (keyword === "COPY")
      return flag.getName() === "from" ? [{ text: value, by: "COPY --from", line }] : [];
    const from = flag.getName() === "mount" ? mountSource(value) : undefined;
    return from === undefined ? [] : [{ text: from, by: "RUN --mount", line }];
  });
}

/** `type=bind,from=image,target=/x`. */
function mountSource(value: string): string | undefined {
  return fieldsOf(value).get("from") || undefined;
}

type Mount = ReadonlyMap<string, string>;

/** Of that type, with the fields that each has. */
function mountsOf(instruction: Instruction, type: string): Mount[] {
  if (instruction.getKeyword() !== "RUN") return [];
  return (instruction as ModifiableInstruction).getFlags().flatMap((flag) => {
    const fields = fieldsOf(flag.getName() === "mount" ? (flag.getValue() ?? "") : "");
    return fields.get("type")?.toLowerCase() === type ? [fields] : [];
  });
}

/** `type=secret,id=TOKEN`; without an id the file's name is it (docs.docker.com/reference/dockerfile). */
function secretId(fields: Mount): string {
  const target = fields.get("target") ?? fields.get("dst") ?? fields.get("destination") ?? "";
  return fields.get("id") ?? target.replace(/^.*\//, "");
}

/** Names in lower case, as BuildKit takes them. */
function fieldsOf(mount: string): Mount {
  return new Map(
    mount.split(",").map((field) => {
      const [name = "", ...value] = field.replaceAll('"', "").split("=");
      return [name.trim().toLowerCase(), value.join("=")];
    }),
  );
}

function lineOf(instruction: Instruction): number {
  return instruction.getRange().start.line + 1;
}

/** One line of several, without the comments between. */
function joined(text: string, escapeCharacter: string): string {
  const [first = "", ...rest] = text.split(/\r?\n/);
  const lines = [first, ...rest.filter((line) => !/^\s*(#|$)/.test(line))];
  const isContinued = (line: string) => line.trimEnd().endsWith(escapeCharacter);
  return lines.map((line) => (isContinued(line) ? line.trimEnd().slice(0, -1) : line)).join("");
}

/** Words as a shell has them: quotes keep spaces together, and stay. */
function wordsOf(text: string, escapeCharacter: string): string[] {
  const quoted = `"(?:${escapeCharacter === "\\" ? "\\\\" : escapeCharacter}.|[^"])*"|'[^']*'`;
  const word = new RegExp(
    `(?:${quoted}|${escapeCharacter === "\\" ? "\\\\" : escapeCharacter}.|[^\\s])+`,
    "g",
  );
  return text.match(word) ?? [];
}
