#!/usr/bin/env node
// Starts the bundle beside it, which has this file's name and ".cjs", from code that was compiled at its installation: a run
// of Pulumi starts several plugins, and compiling is the half of what a start costs beyond Node's own. V8 takes no code of
// another Node, and then compiles as ever. `--compile` keeps the code of a start, and ends.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const file = `${__filename}.cjs`;
const compiled = `${file}.${process.version}.code`;

/** @param {string} name */
function readIfAny(name) {
  try {
    return fs.readFileSync(name);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

const text = Module.wrap(fs.readFileSync(file, "utf8"));
const script = new vm.Script(text, { filename: file, cachedData: readIfAny(compiled) });
const bundle = { exports: {} };
script.runInThisContext()(bundle.exports, Module.createRequire(file), bundle, file, path.dirname(file));

async function start() {
  await bundle.exports.start();
  if (process.argv[2] !== "--compile") return;
  fs.writeFileSync(compiled, script.createCachedData());
  process.exit();
}

start().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
