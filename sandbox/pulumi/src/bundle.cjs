// The engine as one file of JavaScript, kept in node_modules/.cache: it starts in half the time that tsx takes for its
// hundred files, and an `up` of the Automation API starts it six times. It is made anew when a source has changed.
"use strict";
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const CACHE = path.join(__dirname, "../../../node_modules/.cache/berth-sandbox-pulumi");
/** Milliseconds after which what was made of older sources is removed; whoever had just looked for it has loaded it. */
const KEPT = 3_600_000;

/** The exports of main.ts; undefined where none can be made or kept here. */
module.exports = function bundledEngine() {
  // A provider from outside shares modules with the engine, which only files can.
  if (process.env["BERTH_SANDBOX_PROVIDERS"]) return undefined;
  const file = path.join(CACHE, `${digestOfSources()}.cjs`);
  if (!fs.existsSync(file) && !make(file)) return undefined;
  return require(file);
};

function digestOfSources() {
  const hash = createHash("sha256").update(`${__dirname} ${process.version}`);
  for (const name of fs.readdirSync(__dirname, { recursive: true }).sort()) {
    if (!name.endsWith(".ts") && !name.endsWith(".cjs")) continue;
    const { size, mtimeMs } = fs.statSync(path.join(__dirname, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 32);
}

/** False where it can't: tsx compiles the sources then, and says what is wrong with them. */
function make(file) {
  try {
    const { buildSync } = require("esbuild");
    fs.mkdirSync(CACHE, { recursive: true });
    removeOld();
    const temporary = `${file}.${process.pid}.tmp`;
    buildSync({
      entryPoints: [path.join(__dirname, "main.ts")],
      outfile: temporary,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "cjs",
      target: `node${process.versions.node}`,
      // Of the sources, not of the bundle (directory.ts).
      define: { __dirname: JSON.stringify(__dirname) },
      keepNames: true,
      logLevel: "silent",
    });
    fs.renameSync(temporary, file);
    return true;
  } catch {
    return false;
  }
}

function removeOld() {
  for (const name of fs.readdirSync(CACHE)) {
    const file = path.join(CACHE, name);
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > KEPT) fs.rmSync(file, { force: true });
  }
}
