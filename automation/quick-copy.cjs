// `berth copy` as one file of JavaScript with V8's code cache beside it, in node_modules/.cache: it starts in a third of the
// time that tsx takes for sixty files. It is made anew when any file that went into it has changed (bench/README.md, "Copy").
"use strict";
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.join(__dirname, "..");
const CACHE = path.join(ROOT, "node_modules", ".cache", "berth");
// Several checkouts may share packages.
const NOTE = path.join(CACHE, `copy-${digestOf(ROOT)}.json`);
/** What decides on the file besides the sources in it, from the root. The compiler is tsx's own. */
const MAKERS = ["automation/quick-copy.cjs", "tsconfig.json", "node_modules/esbuild/package.json"];
/** Milliseconds. A file younger than this may change again without a new time, as file systems' clocks tick. */
const SETTLED = 100;
/** Milliseconds after which what was made of other sources is removed; whoever had just looked for it has loaded it. */
const KEPT = 3_600_000;

/** Runs it. False where it can't be made or kept here: tsx compiles the sources then, and says what is wrong with them. */
module.exports = function quickCopy() {
  const { file, text } = kept() ?? make() ?? {};
  if (file === undefined) return false;
  const { script, exports } = load(file, text);
  exports.main();
  if (script.cachedDataRejected !== false) process.once("exit", () => keepCode(file, script));
  return true;
};

/** The file, if it is of the sources as they are. */
function kept() {
  try {
    const { node, name, inputs } = JSON.parse(fs.readFileSync(NOTE, "utf8"));
    if (node !== process.version || !inputs.every(([input, state]) => stateOf(input) === state))
      return undefined;
    const file = path.join(CACHE, name);
    const text = fs.readFileSync(file, "utf8");
    return name === nameOf(text) ? { file, text } : undefined;
  } catch {
    // None, or not all of it any more.
    return undefined;
  }
}

/** Anything that is done to a file changes one of these: its times can be set back, but not that of the change (ctime). */
function stateOf(input) {
  const { size, ino, mtimeMs, ctimeMs } = fs.statSync(path.join(ROOT, input));
  return `${size} ${ino} ${mtimeMs} ${ctimeMs}`;
}

function make() {
  try {
    const began = Date.now();
    const { metafile, outputFiles } = require("esbuild").buildSync({
      entryPoints: [path.join(__dirname, "copy-main.ts")],
      absWorkingDir: ROOT,
      outdir: CACHE,
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "cjs",
      target: `node${process.versions.node}`,
      logLevel: "silent",
    });
    const inputs = [...MAKERS, ...Object.keys(metafile.inputs)].map((input) => [input, stateOf(input)]);
    // One that is just being edited may be in it as it was before.
    const isSettled = ([input]) => fs.statSync(path.join(ROOT, input)).ctimeMs < began - SETTLED;
    return inputs.every(isSettled) ? keep(outputFiles[0].text, inputs) : undefined;
  } catch {
    return undefined;
  }
}

function keep(text, inputs) {
  const name = nameOf(text);
  const file = path.join(CACHE, name);
  fs.mkdirSync(CACHE, { recursive: true });
  removeOld();
  write(file, text);
  write(NOTE, JSON.stringify({ node: process.version, name, inputs }));
  return { file, text };
}

function removeOld() {
  for (const name of fs.readdirSync(CACHE)) {
    const file = path.join(CACHE, name);
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > KEPT) fs.rmSync(file, { force: true });
  }
}

function load(file, text) {
  const { Script } = require("node:vm");
  const { wrap } = require("node:module");
  const script = new Script(wrap(text), { filename: file, cachedData: codeOf(file) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, requireLater, module, file, CACHE);
  return { script, exports: module.exports };
}

/** Modules of Node's that most copies never use, and that take longer to load than the rest of them together. */
const LATER = new Set(["node:child_process", "node:fs/promises", "node:os", "node:timers/promises"]);

function requireLater(name) {
  if (!LATER.has(name)) return require(name);
  return new Proxy({}, { get: (_target, member) => require(name)[member] });
}

/** V8 looks itself whether it is of this V8 with these flags. */
function codeOf(file) {
  try {
    return fs.readFileSync(`${file}.code`);
  } catch {
    return undefined;
  }
}

/** After a run: what that used is in it compiled, and nothing else. */
function keepCode(file, script) {
  try {
    write(`${file}.code`, script.createCachedData());
  } catch {
    // A copy that went well does not fail for want of a cache.
  }
}

/** Whole, for whoever else is just reading. */
function write(file, content) {
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, file);
}

function nameOf(text) {
  return `copy-${digestOf(text)}.cjs`;
}

function digestOf(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
