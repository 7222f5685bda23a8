import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { messageOf } from "../../components/values/error-facts";
import { codeRoot } from "../../components/values/own-place";
import { projectRoot, readProject } from "../engine/project";

/** What a project's program is: all that it declares, and its outputs. It may run several times in a process. */
export type Program = (engine: "berth" | "by hand") => Promise<Record<string, unknown>>;

/**
 * The program that `pulumi up` runs: Pulumi.yaml names it. In a checkout of Berth that is the one which is compiled with the rest; a
 * team's own is a file of theirs that exports Berth's, or a function around it.
 * @throws RunError, which the engine tells, where it exports no function, or one of another Berth
 */
export function loadProgram(): Program {
  const { main } = readProject();
  if (main === join(codeRoot, "index.ts")) return require("../../index");
  const requireThere = createRequire(join(projectRoot(), "package.json"));
  mustUseThis(requireThere, main);
  require("../quick-start.cjs");
  const loaded: unknown = requireThere(main);
  const program = isModule(loaded) ? loaded.default : loaded;
  if (isProgram(program)) return program;
  throw new RunError(
    `${requireThere.resolve(main)} exports no function. A program for berth is \`export { default } from "berth"\`, or a function of your ` +
      "own that calls it: berth runs it more than once.",
  );
}

/** Two copies of Berth, one that was called and one that the program runs, know nothing of each other. */
function mustUseThis(requireThere: NodeJS.Require, main: string): void {
  const here = ownPackage();
  const there = packageOf(requireThere, main);
  if (here !== there)
    throw new RunError(
      `This berth is ${dirname(here)}, the program in ${main} uses ${dirname(there)}. Call that one: npx berth, in ${projectRoot()}.`,
    );
}

const ownPackage = () => createRequire(join(codeRoot, "index.js")).resolve("berth/package.json");

function packageOf(requireThere: NodeJS.Require, main: string): string {
  try {
    return requireThere.resolve("berth/package.json");
  } catch (error) {
    throw new RunError(
      `The program in ${main} can't find berth: ${messageOf(error).split("\n")[0]}. Install it there: npm install berth.`,
    );
  }
}

const isModule = (value: unknown): value is { readonly default: unknown } =>
  typeof value === "object" && value !== null && "default" in value;

const isProgram = (value: unknown): value is Program => typeof value === "function";
