import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { root } from "./stack/sandbox";

/** Where packages are found from. What a killed run leaves, the next start of the command removes (components/base/compiled.cjs). */
const FOLDER = join(root, "node_modules", ".cache", "berth");

const made = new Map<string, string>();

/**
 * Sources of the product and what they import as one file of JavaScript, for processes that a test starts over and over: tsx would
 * compile some hundred files in each of them.
 * @param sources from the root, without `.ts`: "automation/cli"
 * @returns the path of a file that exports what they export; it is gone when this process ends
 */
export function compiledSources(...sources: string[]): string {
  const key = sources.join(" ");
  const file = made.get(key) ?? compile(sources, join(FOLDER, `test-${process.pid}-${made.size}.cjs`));
  made.set(key, file);
  return file;
}

function compile(sources: readonly string[], outfile: string): string {
  mkdirSync(FOLDER, { recursive: true });
  buildSync({
    stdin: { contents: sources.map((source) => `export * from "./${source}";`).join("\n"), resolveDir: root },
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    target: `node${process.versions.node}`,
    define: { __dirname: JSON.stringify(join(root, "automation", "engine")) },
    // As the command itself starts: what serialises functions is loaded by who needs it.
    banner: { js: `require(${JSON.stringify(join(root, "automation", "load-later.cjs"))});` },
    logLevel: "silent",
  });
  process.once("exit", () => rmSync(outfile, { force: true }));
  return outfile;
}
