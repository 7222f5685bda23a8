// Run by `npm pack` and `npm publish` (prepack): compiles what the package runs to dist/, with types and source maps. Afterwards
// (postpack, --clean) it goes again, so that nothing in a checkout can be older than its sources.
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
fs.rmSync(path.join(root, "dist"), { recursive: true, force: true });
if (!process.argv.includes("--clean")) compile();

function compile() {
  const compiler = path.join(root, "node_modules", "typescript-native", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, "--project", "tsconfig.package.json"], {
    cwd: root,
    stdio: ["ignore", process.stderr, "inherit"], // the other output is the caller's, as of `npm pack --json`
  });
  if (status === 0) fs.chmodSync(path.join(root, "dist", "automation", "bin.js"), 0o755);
  else process.exitCode = 1;
}
