import { SandboxError } from "../../lib/sandbox-error";
import type { Tree } from "./tree";

interface InputSpec {
  readonly type?: string;
  readonly description?: string;
  readonly default?: Tree;
  readonly options?: readonly Tree[];
  readonly regex?: string;
}

const KNOWN = ["type", "description", "default", "options", "regex"];
const BLOCK = /\$\[\[\s*(.*?)\s*\]\]/g;

/**
 * The values of a file's inputs (`spec: inputs`): what is given, checked, else the default.
 * @throws SandboxError for an input that is missing, unknown or of another kind
 */
export function inputValues(file: string, spec: Tree, given: Tree): ReadonlyMap<string, Tree> {
  const [specs, wish] = [mapping(spec), mapping(given)];
  const stray = Object.keys(wish).filter((name) => !Object.hasOwn(specs, name));
  if (stray.length > 0) throw new SandboxError(`${file} has no inputs ${stray.join(", ")}`, 2);
  return new Map(
    Object.entries(specs).map(([name, one]) => {
      const input = mapping(one) as InputSpec;
      const unknown = Object.keys(input).filter((key) => !KNOWN.includes(key));
      if (unknown.length > 0)
        throw new SandboxError(`${file}: input ${name}: the sandbox knows no ${unknown.join(", ")}`, 2);
      const value = wish[name] ?? input.default;
      if (value === undefined || value === null)
        throw new SandboxError(`${file}: the input ${name} is needed`, 2);
      checkValue(`${file}: input ${name}`, input, value);
      return [name, value] as const;
    }),
  );
}

function checkValue(what: string, { type = "string", options, regex }: InputSpec, value: Tree): void {
  const kind = Array.isArray(value) ? "array" : typeof value;
  if (kind !== type) throw new SandboxError(`${what}: expected ${type}, got ${JSON.stringify(value)}`, 2);
  if (options && !options.includes(value))
    throw new SandboxError(`${what}: ${JSON.stringify(value)} is none of ${JSON.stringify(options)}`, 2);
  if (regex !== undefined && !new RegExp(regex).test(String(value)))
    throw new SandboxError(`${what}: ${JSON.stringify(value)} doesn't match ${regex}`, 2);
}

/** The tree with every `$[[ inputs.x ]]` in keys and values replaced; one that is a whole value keeps its type. */
export function interpolated(file: string, tree: Tree, inputs: ReadonlyMap<string, Tree>): Tree {
  const inputOf = (expression: string): Tree => {
    const name = /^inputs\.([A-Za-z0-9_-]+)$/.exec(expression)?.[1];
    const value = name === undefined ? undefined : inputs.get(name);
    if (value === undefined) throw new SandboxError(`${file}: there is no ${expression} to put in`, 2);
    return value;
  };
  const text = (value: string) =>
    value.replaceAll(BLOCK, (_, expression: string) => {
      const found = inputOf(expression);
      if (typeof found === "object")
        throw new SandboxError(`${file}: ${expression} is a list, which is no part of a text: ${value}`, 2);
      return String(found);
    });
  const walk = (value: Tree): Tree => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), walk(inner)]));
    if (typeof value !== "string") return value;
    const whole = /^\$\[\[\s*([^\]]*?)\s*\]\]$/.exec(value)?.[1];
    return whole === undefined ? text(value) : inputOf(whole);
  };
  return walk(tree);
}

function mapping(tree: Tree): Record<string, Tree> {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree) ? tree : {};
}
