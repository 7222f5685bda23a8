import { DockerfileParser, type Instruction, JSONInstruction } from "dockerfile-ast";
import { expanded } from "./dockerfile-variables";

/** What a Dockerfile says of the image that comes of it, and of the folder that it is built from. */
export interface ImageFacts {
  /** Ports of EXPOSE, those of the stages that the last one is built on first. UDP's are not among them. */
  readonly ports: readonly number[];
  readonly hasHealthcheck: boolean;
  /** Files and folders of the context that COPY and ADD name, as they are written; no patterns and no addresses. */
  readonly sources: readonly string[];
}

/** Reads them. What only a build can tell is left out. */
export function imageFacts(text: string): ImageFacts {
  const parsed = DockerfileParser.parse(text);
  const stages = stagesOf(parsed.getInstructions());
  const last = inheritedBy(stages, stages.length - 1);
  const values = new Map<string, string>();
  const ports: number[] = [];
  let hasHealthcheck = false;
  for (const instruction of last) {
    const keyword = instruction.getKeyword();
    const words = instruction.getArguments().map((argument) => argument.getValue());
    if (keyword === "ENV" || keyword === "ARG") keep(words, values);
    if (keyword === "EXPOSE")
      ports.push(...words.flatMap((word) => portOf(expanded(word, values, parsed.getEscapeCharacter()))));
    if (keyword === "HEALTHCHECK") hasHealthcheck = words[0]?.toUpperCase() !== "NONE";
  }
  return { ports: [...new Set(ports)], hasHealthcheck, sources: stages.flat().flatMap(sourcesOf) };
}

function stagesOf(instructions: readonly Instruction[]): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.getKeyword() === "FROM") stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

/** The instructions of a stage behind those of the stage that it is built on. */
function inheritedBy(stages: readonly Instruction[][], index: number): Instruction[] {
  const stage = stages[index];
  if (!stage) return [];
  const [image] = wordsOfFrom(stage);
  const parent = stages.slice(0, index).findLastIndex((one) => wordsOfFrom(one)[2] === image);
  return [...(image === undefined ? [] : inheritedBy(stages, parent)), ...stage];
}

/** `FROM image AS name`, in lower case, as BuildKit compares names. */
function wordsOfFrom([from]: readonly Instruction[]): string[] {
  return (from?.getArguments() ?? []).map((argument) => argument.getValue().toLowerCase());
}

/** `A=1 B=2`, or ENV's older `A 1`. */
function keep(words: readonly string[], values: Map<string, string>): void {
  const [first = "", ...rest] = words;
  if (!first.includes("=") && rest.length > 0) values.set(first, rest.join(" "));
  for (const word of words) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, expanded(value, values) ?? "");
  }
}

function portOf(word: string | undefined): number[] {
  const [, port] = /^(\d+)(?:\/tcp)?$/i.exec(word ?? "") ?? [];
  return port === undefined ? [] : [Number(port)];
}

function sourcesOf(instruction: Instruction): string[] {
  const isCopy = ["COPY", "ADD"].includes(instruction.getKeyword());
  if (!isCopy || !(instruction instanceof JSONInstruction)) return [];
  if (instruction.getFlags().some((flag) => flag.getName() === "from")) return [];
  const words = instruction.getOpeningBracket()
    ? instruction.getJSONStrings().map((one) => one.getValue())
    : instruction.getArguments().map((argument) => argument.getValue());
  const bare = words.map((word) => word.replace(/^"(.*)"$/, "$1"));
  if (bare.some((word) => word.startsWith("<<"))) return [];
  return bare.slice(0, -1).filter((word) => word !== "" && !/[*?[\]$]|:\/\//.test(word));
}
