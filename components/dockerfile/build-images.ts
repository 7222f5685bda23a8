import type { Argument, Dockerfile, NamedImage, Stage } from "./dockerfile";
import { expanded } from "./dockerfile-variables";

/** An image that a build pulls. */
export interface Pull extends NamedImage {
  /** Its name as the build has it, variables in place; undefined where only BuildKit can tell. */
  readonly image: string | undefined;
  /** The argument of the settings that it is given by, with what the settings say. */
  readonly base?: { readonly argument: string; readonly image: string };
}

export interface BuildProblem {
  /** The base of the settings that it is about; undefined where it is about the Dockerfile alone. */
  readonly argument: string | undefined;
  /** It is about the stage that the settings name. */
  readonly isOfTarget?: true;
  /** The secret of the settings that it is about. */
  readonly secret?: string;
  /** It is about the ssh agent. */
  readonly isOfAgent?: true;
  readonly message: string;
}

export interface BuildImages {
  /** Each once, in the order of the lines; what no stage needs that is built isn't pulled. */
  readonly pulls: readonly Pull[];
  readonly problems: readonly BuildProblem[];
}

export interface GivenArguments {
  /** Argument → base image, out of Nexus. */
  readonly bases: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, string>>;
  /** Ids of the secrets that commands can mount. @default none */
  readonly secrets?: readonly string[];
  /** Whether commands can mount an ssh agent. @default false */
  readonly ssh?: boolean;
  /** The stage that is the image. @default the last one */
  readonly target?: string | undefined;
  /** What it is built for: `linux/arm/v7`. @default linux/amd64 */
  readonly platform?: string | undefined;
}

/** What BuildKit sets by itself (docs.docker.com/reference/dockerfile); what builds is told nowhere, and most are this. */
const BUILDER: Readonly<Record<string, string>> = {
  BUILDPLATFORM: "linux/amd64",
  BUILDOS: "linux",
  BUILDARCH: "amd64",
  BUILDVARIANT: "",
};

function platformVariables(platform = "linux/amd64"): Readonly<Record<string, string>> {
  const [TARGETOS = "", TARGETARCH = "", TARGETVARIANT = ""] = platform.split("/");
  return { ...BUILDER, TARGETPLATFORM: platform, TARGETOS, TARGETARCH, TARGETVARIANT };
}

/** Which images a build pulls, as BuildKit would find them, and what keeps it from being built on the bases of the settings. */
export function buildImages(dockerfile: Dockerfile, given: GivenArguments): BuildImages {
  const values = valuesOf(dockerfile, given);
  const found = new ImagesOfBuild(dockerfile, given, values);
  const { syntax } = dockerfile;
  return {
    pulls: [...(syntax ? [{ ...syntax, image: syntax.text }] : []), ...found.pulls()],
    problems: found.problems(),
  };
}

/** What BuildKit calls the one ssh agent of a build: a mount without an id is of it. */
export const SSH_AGENT = "default";

/** Stands for a base in what FROM lines come to; nothing that could be in a file. */
const marker = (argument: string) => `\0${argument}\0`;

function valuesOf(
  { globals, escapeCharacter }: Dockerfile,
  { bases, args, platform }: GivenArguments,
): Map<string, string> {
  const values = new Map(Object.entries(platformVariables(platform)));
  for (const { name, value } of globals) {
    const given = name in bases ? marker(name) : args[name];
    const own = given ?? (value === undefined ? undefined : expanded(value, values, escapeCharacter));
    if (own !== undefined) values.set(name, own);
  }
  return values;
}

class ImagesOfBuild {
  constructor(
    private readonly dockerfile: Dockerfile,
    private readonly given: GivenArguments,
    private readonly values: ReadonlyMap<string, string>,
  ) {}

  /** Of the stage that is the image, and of what it needs. */
  pulls(): Pull[] {
    const { stages } = this.dockerfile;
    const needed = new Set<number>();
    const visit = (index: number): void => {
      if (index < 0 || needed.has(index)) return;
      needed.add(index);
      for (const named of namedIn(stages[index]!)) visit(this.stageOf(named, index) ?? -1);
    };
    visit(this.target() ?? stages.length - 1);
    const pulls = stages.flatMap((stage, index) =>
      needed.has(index) ? namedIn(stage).flatMap((named) => this.pull(named, index) ?? []) : [],
    );
    const key = ({ image, line }: Pull) => image ?? `line ${line}`;
    return pulls.filter((pull, index) => pulls.findIndex((one) => key(one) === key(pull)) === index);
  }

  problems(): BuildProblem[] {
    const { stages } = this.dockerfile;
    if (stages.length === 0) return [{ argument: undefined, message: "it has no FROM" }];
    const froms = stages.map(({ from }) => this.ofFrom(from));
    const named = stages.flatMap(({ from, others }) => [this.ofFrom(from), ...others.map(ofOther)]);
    const { target } = this.given;
    return [
      ...(target === undefined || this.target() !== undefined ? [] : [noStage(target, stages)]),
      ...Object.keys(this.given.bases).flatMap((argument) => this.baseProblem(argument, froms) ?? []),
      ...(this.given.secrets ?? []).filter((id) => !this.isMounted(id)).map(neverMounted),
      ...(this.given.ssh && !this.isAgentMounted() ? [AGENT_NEVER_MOUNTED] : []),
      ...named.flatMap(({ problem }) =>
        problem === undefined ? [] : [{ argument: undefined, message: problem }],
      ),
    ];
  }

  /** BuildKit takes the last of several of one name; undefined where none is wanted, or there is none. */
  private target(): number | undefined {
    const wanted = this.given.target?.toLowerCase();
    const index = this.dockerfile.stages.findLastIndex(({ name }) => name !== undefined && name === wanted);
    return index === -1 ? undefined : index;
  }

  private isMounted(secret: string): boolean {
    return this.dockerfile.stages.some(({ secrets }) => secrets.some((id) => isId(id, secret)));
  }

  private isAgentMounted(): boolean {
    return this.dockerfile.stages.some(({ agents }) => agents.some((id = SSH_AGENT) => isId(id, SSH_AGENT)));
  }

  private baseProblem(
    argument: string,
    froms: readonly { text: string | undefined }[],
  ): BuildProblem | undefined {
    const { globals, stages, escapeCharacter } = this.dockerfile;
    const problem = (message: string) => ({ argument, message });
    const use = `FROM \${${argument}}`;
    const late = stages.flatMap(({ args }) => args).find(({ name }) => name === argument);
    if (!declared(globals, argument)) {
      if (late)
        return problem(
          `ARG ${argument} stands after the first FROM (line ${late.line}), where no FROM can use it: move it above the first FROM`,
        );
      const mentioned = stages.find(({ from }) => mentions(from.text, argument, escapeCharacter));
      return problem(
        mentioned
          ? `FROM uses ${argument} (line ${mentioned.from.line}), which no ARG declares: write ARG ${argument} above the first FROM`
          : `the Dockerfile doesn't use it: write ARG ${argument} above the first FROM, and ${use}`,
      );
    }
    const uses = froms.filter(({ text }) => text?.includes(marker(argument)));
    if (uses.length === 0) return problem(`no FROM of the Dockerfile uses it: write ${use}`);
    const changed = uses.find(({ text }) => text !== marker(argument));
    if (!changed) return undefined;
    return problem(
      `it is given with its digest, and FROM adds something to it: write ${use}, and the whole name here`,
    );
  }

  /** What a FROM comes to, with markers in it; undefined where only BuildKit can tell. */
  private ofFrom({ text, line }: NamedImage): { text: string | undefined; problem?: string } {
    const name = expanded(text, this.values, this.dockerfile.escapeCharacter);
    if (name !== "") return { text: name };
    return { text: name, problem: `line ${line}: FROM ${text} names nothing, as nothing gives it a value` };
  }

  private pull(named: NamedImage, index: number): Pull | undefined {
    if (this.stageOf(named, index) !== undefined) return undefined;
    const text = named.by === "FROM" ? this.ofFrom(named).text : named.text;
    if (text === "" || text === "scratch") return undefined;
    const argument = Object.keys(this.given.bases).find((one) => text === marker(one));
    if (argument === undefined) return { ...named, image: text };
    const image = this.given.bases[argument]!;
    return { ...named, image, base: { argument, image } };
  }

  /** The stage before this one that is meant, by its name or, where files are taken from it, its number. */
  private stageOf(named: NamedImage, before: number): number | undefined {
    const { stages } = this.dockerfile;
    const text = (named.by === "FROM" ? this.ofFrom(named).text : named.text)?.toLowerCase() ?? "";
    if (named.by !== "FROM" && /^\d+$/.test(text))
      return Number(text) < stages.length ? Number(text) : undefined;
    const index = stages.slice(0, before).findLastIndex(({ name }) => name !== undefined && name === text);
    return index === -1 ? undefined : index;
  }
}

/** Variables in an id are BuildKit's affair. */
const isId = (id: string, wanted: string) => id === wanted || id.includes("$");

const AGENT_NEVER_MOUNTED: BuildProblem = {
  argument: undefined,
  isOfAgent: true,
  message: `no command of the Dockerfile mounts it: write RUN --mount=type=ssh (its id is ${SSH_AGENT}) before the command that needs it, or take it out`,
};

function neverMounted(secret: string): BuildProblem {
  const message = `no command of the Dockerfile mounts it: write RUN --mount=type=secret,id=${secret} before the command that needs it, or take it out`;
  return { argument: undefined, secret, message };
}

function noStage(target: string, stages: readonly Stage[]): BuildProblem {
  const names = stages.flatMap(({ name }) => name ?? []);
  const there = names.length > 0 ? `it has ${names.join(", ")}` : "none of them has a name (FROM … AS name)";
  const message = `the Dockerfile has no stage ${target}: ${there}`;
  return { argument: undefined, isOfTarget: true, message };
}

const namedIn = ({ from, others }: Stage) => [from, ...others];
const declared = (args: readonly Argument[], name: string) => args.some((one) => one.name === name);

function mentions(text: string, argument: string, escapeCharacter: string): boolean {
  return (
    expanded(text, new Map([[argument, marker(argument)]]), escapeCharacter)?.includes(marker(argument)) ??
    false
  );
}

/** BuildKit takes no variables there. */
function ofOther({ text, by, line }: NamedImage): { problem?: string } {
  if (!text.includes("$")) return {};
  return {
    problem: `line ${line}: ${by}=${text} can't have variables: name a stage above, FROM ${text} AS source, and write source here`,
  };
}
