import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";

interface Pattern {
  readonly expression: RegExp;
  readonly exception: boolean;
}

/** What a build leaves out: the patterns of one `.dockerignore`, the last that matches decides. */
export class Dockerignore {
  private readonly patterns: readonly Pattern[];

  constructor(content: string) {
    this.patterns = content
      .replace(/^\uFEFF/, "")
      .split(/\r?\n/)
      .flatMap(parsePattern);
  }

  /** @param path relative to the context, with "/" */
  ignores(path: string): boolean {
    const parents = path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
    let ignored = false;
    for (const { expression, exception } of this.patterns) {
      // A pattern that matches a directory matches what is in it.
      if (parents.some((part) => expression.test(part))) ignored = !exception;
    }
    return ignored;
  }

  /** Whether nothing below an ignored directory can be an exception, so that it needn't be read. */
  get hasExceptions(): boolean {
    return this.patterns.some(({ exception }) => exception);
  }
}

/** `<dockerfile>.dockerignore` if there is one, else the context's own; none ignores nothing. */
export async function readDockerignore(context: string, dockerfile: string): Promise<Dockerignore> {
  for (const file of [`${dockerfile}.dockerignore`, join(context, ".dockerignore")]) {
    try {
      return new Dockerignore(await readFile(file, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return new Dockerignore("");
}

function parsePattern(line: string): Pattern[] {
  if (line.startsWith("#")) return [];
  const trimmed = line.trim();
  const exception = trimmed.startsWith("!");
  const bare = exception ? trimmed.slice(1).trim() : trimmed;
  if (bare === "") return [];
  const clean = posix.normalize(bare).replace(/^\/+/, "").replace(/\/+$/, "");
  return [{ expression: toExpression(clean), exception }];
}

/** Go's path patterns with `**` for any depth, as Docker documents them. */
function toExpression(pattern: string): RegExp {
  let source = "";
  for (let index = 0; index < pattern.length; ) {
    const rest = pattern.slice(index);
    const [taken, piece] = nextPiece(rest);
    source += piece;
    index += taken;
  }
  return new RegExp(`^${source}$`);
}

function nextPiece(rest: string): readonly [number, string] {
  if (rest.startsWith("**/")) return [3, "(?:.*/)?"];
  if (rest.startsWith("**")) return [2, ".*"];
  if (rest.startsWith("*")) return [1, "[^/]*"];
  if (rest.startsWith("?")) return [1, "[^/]"];
  const group = /^\[\^?[^\]]+\]/.exec(rest);
  if (group !== null) return [group[0].length, group[0]];
  if (rest.startsWith("\\") && rest.length > 1) return [2, escaped(rest[1]!)];
  return [1, escaped(rest[0]!)];
}

function escaped(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
}
