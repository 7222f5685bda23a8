import { join } from "node:path";
import { messageOf } from "../../components/values/error-facts";
import { codeRoot } from "../../components/values/own-place";
import { CommandError } from "../terminal/exit";

/** The oldest Node of the images that may run it. */
const TARGET = "node20";

/** What of esbuild is used here, which is loaded when it is needed. */
interface Compiler {
  buildSync(options: object): { readonly outputFiles: readonly { readonly text: string }[] };
}

/**
 * The program that a compose file runs in a container with nothing but Node: the kinds and their packages in one file, with
 * nothing of Pulumi in it.
 * @throws CommandError where it can't be compiled
 */
export function configureProgram(): string {
  const { buildSync }: Compiler = require("esbuild");
  const room = join(codeRoot, "components", "compose");
  try {
    const { outputFiles } = buildSync({
      entryPoints: [join(room, "configure-main")],
      absWorkingDir: codeRoot,
      bundle: true,
      write: false,
      platform: "node",
      format: "cjs",
      target: TARGET,
      minify: true,
      keepNames: true, // errors are told apart by their names
      legalComments: "eof",
      alias: { "@pulumi/pulumi": join(room, "no-pulumi") },
      logLevel: "silent",
    });
    return outputFiles[0]?.text ?? "";
  } catch (error) {
    throw new CommandError(`Compiling the program of the compose file failed: ${messageOf(error)}`);
  }
}
