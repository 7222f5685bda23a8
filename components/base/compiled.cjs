// What starts over and over for a moment's work, as one file of JavaScript with V8's code cache beside it, in
// .cache of the packages: it loads in a third of the time that tsx takes for some hundred files. It is made anew when any file that
// went into it has changed (docs/decisions/0003).
"use strict";
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { createRequire, wrap } = require("node:module");
const path = require("node:path");

const ROOT = path.join(__dirname, "..", "..");
const requireHere = createRequire(path.join(ROOT, "package.json"));
/** The folder of packages that has the compiler, which is tsx's own: the checkout's, or one further up, as in a monorepo. */
const PACKAGES =
  requireHere.resolve.paths("esbuild").find((folder) => fs.existsSync(path.join(folder, "esbuild"))) ?? ROOT;
const CACHE = path.join(PACKAGES, ".cache", "berth");
/** What decides on the file besides the sources in it, from the root. */
const MAKERS = [
  "components/base/compiled.cjs",
  "tsconfig.json",
  path.relative(ROOT, path.join(PACKAGES, "esbuild", "package.json")),
];
/** The one source that asks where it is: in one file with others it has to be told. */
const ASKING = "components/values/own-place.ts";
/** What imports an ES module stays a file of its own: code out of V8's cache can't. */
const IMPORTING = "components/cluster/load-client.cjs";
/** Milliseconds. A file younger than this may change again without a new time, as file systems' clocks tick. */
const SETTLED = 100;
/** Milliseconds after which what was made of other sources is removed; whoever had just looked for it has loaded it. */
const KEPT = 3_600_000;

/**
 * Loads a source of the project, with all that it imports, out of one file.
 * @param source from the root: "automation/main.ts"
 * @param withPackages packages are in the file, too, where none of them looks for files of its own: all, or those named; others are
 *   loaded from where they are
 * @returns what the source exports; undefined where the file can't be made or kept here: tsx compiles the sources then, and says
 *   what is wrong with them
 */
module.exports = function loadCompiled(source, { withPackages = false } = {}) {
  const { file, text } = kept(source) ?? make(source, withPackages) ?? {};
  if (file === undefined) return undefined;
  const { script, exports } = load(file, text);
  if (script.cachedDataRejected !== false) process.once("exit", () => keepCode(file, script));
  return exports;
};

const nameFor = (source) => path.basename(source, ".ts");
/** Several checkouts may share packages. */
const noteOf = (source) => path.join(CACHE, `${nameFor(source)}-${digestOf(`${ROOT} ${source}`)}.json`);

/** The file, if it is of the sources as they are. */
function kept(source) {
  try {
    const { node, name, inputs } = JSON.parse(fs.readFileSync(noteOf(source), "utf8"));
    if (node !== process.version || !inputs.every(([input, state]) => stateOf(input) === state))
      return undefined;
    const file = path.join(CACHE, name);
    const text = fs.readFileSync(file, "utf8");
    return name === nameOf(source, text) ? { file, text } : undefined;
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

function make(source, withPackages) {
  try {
    const began = Date.now();
    const { metafile, outputFiles } = require("esbuild").buildSync({
      entryPoints: [path.join(ROOT, source)],
      absWorkingDir: ROOT,
      outdir: CACHE,
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "cjs",
      external: [path.join(ROOT, IMPORTING)],
      ...(withPackages === true ? {} : { packages: "external", alias: placesOf(withPackages) }),
      define: { __dirname: JSON.stringify(path.join(ROOT, ASKING, "..")) },
      target: `node${process.versions.node}`,
      logLevel: "silent",
    });
    const inputs = [...MAKERS, ...Object.keys(metafile.inputs)].map((input) => [input, stateOf(input)]);
    // One that is just being edited may be in it as it was before.
    const isSettled = ([input]) => fs.statSync(path.join(ROOT, input)).ctimeMs < began - SETTLED;
    return inputs.every(isSettled) ? keep(source, outputFiles[0].text, inputs) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What is named by its place is no package to the compiler, and comes into the file: of its ES modules (zod has them beside the others)
 * what is used.
 */
function placesOf(packages) {
  const place = (name) => requireHere.resolve(name).replace(/\.cjs$/, ".js");
  return Object.fromEntries((packages || []).map((name) => [name, place(name)]));
}

function keep(source, text, inputs) {
  const name = nameOf(source, text);
  const file = path.join(CACHE, name);
  fs.mkdirSync(CACHE, { recursive: true });
  removeOld();
  write(file, text);
  write(noteOf(source), JSON.stringify({ node: process.version, name, inputs }));
  return { file, text };
}

function removeOld() {
  for (const name of fs.readdirSync(CACHE)) {
    const file = path.join(CACHE, name);
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() && Date.now() - stat.mtimeMs > KEPT) fs.rmSync(file, { force: true });
  }
}

function load(file, text) {
  const { Script } = require("node:vm");
  const script = new Script(wrap(text), { filename: file, cachedData: codeOf(file) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, requireLater, module, file, CACHE);
  return { script, exports: module.exports };
}

/** Modules of Node's that most copies never use, and that take longer to load than the rest of them together. */
const LATER = new Set(["node:child_process", "node:fs/promises", "node:os", "node:timers/promises"]);

function requireLater(name) {
  if (name.endsWith(IMPORTING)) return requireHere(`./${IMPORTING}`);
  if (!LATER.has(name)) return requireHere(name);
  return new Proxy({}, { get: (_target, member) => requireHere(name)[member] });
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
    // What went well does not fail for want of a cache.
  }
}

/** Whole, for whoever else is just reading. */
function write(file, content) {
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, file);
}

function nameOf(source, text) {
  return `${nameFor(source)}-${digestOf(text)}.cjs`;
}

function digestOf(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
