// What Pulumi's process of dynamic providers runs for every dynamic resource of a checkout (base/dynamic-resource.ts). States
// name this file by its place: it stays where it is.
"use strict";
const { createRequire } = require("node:module");

// The process runs in the project's folder: a checkout's own code and packages, wherever this file really is.
const root = process.cwd();
const here = createRequire(`${root}/package.json`);
module.exports = compiled() ?? sources();

/** Where TypeScript can be loaded already, as in tests, the sources may be: one process has them once. */
function compiled() {
  if (here.extensions[".ts"]) return undefined;
  // With zod in the file: from its own files it takes a tenth of a second, in every run.
  return here("./components/base/compiled.cjs")("components/providers.ts", { withPackages: ["zod/mini"] });
}

function sources() {
  here("tsx/cjs");
  return here("./components/providers");
}
