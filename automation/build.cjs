// Run by `npm pack` and `npm publish` (prepack) in the folder of a package, Berth's or its sandbox's: compiles what the package runs
// to its dist/, with source maps and, where others import it, types. Afterwards (postpack, --clean) it goes again, so that nothing in
// a checkout can be older than its sources.
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const compiler = path.join(__dirname, "..", "node_modules", "typescript-native", "bin", "tsc");
/** What isn't compiled: GitLab's rules for what is pushed, as git runs them. */
const SHELL_SCRIPTS = path.join("gitlab", "git", "hooks");

fs.rmSync("dist", { recursive: true, force: true });
if (!process.argv.includes("--clean")) compile();

function compile() {
  const { status } = spawnSync(process.execPath, [compiler, "--project", "tsconfig.package.json"], {
    stdio: ["ignore", process.stderr, "inherit"], // the other output is the caller's, as of `npm pack --json`
  });
  if (status !== 0) process.exitCode = 1;
  else if (fs.existsSync(SHELL_SCRIPTS))
    fs.cpSync(SHELL_SCRIPTS, path.join("dist", SHELL_SCRIPTS), { recursive: true });
  else fs.chmodSync(path.join("dist", "automation", "bin.js"), 0o755);
}
