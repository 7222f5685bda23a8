import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { checkCommand } from "../../lib/run-command";

/** The folder of what is bundled. */
const SOURCES = join(__dirname, "..", "src");
const OLDEST_NODE = "node20";

export interface Program {
  /** Of the executable. */
  readonly name: string;
  /** JavaScript, in the place of a file of src/: what starts it. */
  readonly start: string;
}

/**
 * Makes an executable out of our TypeScript and what it needs of packages: it runs without this checkout, and starts
 * without tsx. @param compile keep compiled code beside it; of a start that ends by itself, as a server's does
 */
export async function installProgram(
  folder: string,
  { name, start }: Program,
  compile = true,
): Promise<void> {
  // Loaded with its first use: most commands of the sandbox bundle nothing.
  const { build }: typeof import("esbuild") = require("esbuild");
  mkdirSync(folder, { recursive: true });
  const executable = join(folder, name);
  await build({
    stdin: {
      contents: `exports.start = async () => ${start};`,
      resolveDir: SOURCES,
      sourcefile: `${name}.js`,
    },
    outfile: `${executable}.cjs`,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: OLDEST_NODE,
    // Of ssh2, which docker's client brings along: compiled for one machine, and not needed.
    external: ["cpu-features", "*.node"],
    keepNames: true,
    logLevel: "silent",
  });
  copyFileSync(join(SOURCES, "plugin", "launcher.cjs"), executable);
  chmodSync(executable, 0o755);
  if (compile) await checkCommand(process.execPath, [executable, "--compile", "127.0.0.1:1"], {});
}
