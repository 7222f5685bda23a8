// `npm run test:nodes [VERSION ...]`: the unit tests and the demo on the versions of Node that are supported besides the one
// that runs this. Each comes as the npm package `node`, and is kept in node_modules/.cache.
const { spawnSync } = require("node:child_process");
const { existsSync, mkdirSync } = require("node:fs");
const path = require("node:path");

const SUPPORTED = ["22", "24"];

const root = path.join(__dirname, "..");
const versions = process.argv.length > 2 ? process.argv.slice(2) : SUPPORTED;
const results = versions.map((version) => [version, ...passes(version)]);
for (const [version, unit, demo] of results) console.log(`Node ${version}: unit tests ${unit}, demo ${demo}`);
process.exitCode = results.flat().includes("failed") ? 1 : 0;

function passes(version) {
  const bin = installed(version);
  const PATH = `${bin}${path.delimiter}${process.env.PATH}`;
  const ran = (args, env = {}) => {
    console.log(`\n# Node ${version}: ${args.join(" ")}`);
    const options = { cwd: root, stdio: "inherit", env: { ...process.env, PATH, ...env } };
    return spawnSync(path.join(bin, "node"), args, options).status === 0 ? "passed" : "failed";
  };
  const unit = ran(["test/run.cjs"], { BERTH_TEST: "unit" });
  const demo = ran(["--require", "tsx/cjs", "sandbox/demo.ts"]);
  const down = ran(["--require", "tsx/cjs", "sandbox/demo.ts", "down"]);
  return [unit, down === "passed" ? demo : "failed"];
}

/** The folder with `node` of that version in it. */
function installed(version) {
  const folder = path.join(root, "node_modules", ".cache", "berth", `node-${version}`);
  const bin = path.join(folder, "node_modules", "node", "bin");
  if (existsSync(path.join(bin, "node"))) return bin;
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--no-save", "--prefix", folder, `node@${version}`];
  if (spawnSync("npm", args, { stdio: "inherit" }).status !== 0)
    throw new Error(`npm ${args.join(" ")} failed`);
  return bin;
}
