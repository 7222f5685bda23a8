// Loaded before everything else: a start need not wait for what it hardly ever needs (bench/README.md, "Nexus").
//
// tsx compiles our own sources only. It would look through each of the hundreds of modules of @pulumi/pulumi and of what
// that depends on, too, which are JavaScript already.
"use strict";
const { accessSync, constants } = require("node:fs");
const Module = require("node:module");
const { tmpdir } = require("node:os");
require("./load-later.cjs");

const isPackage = (file) => typeof file === "string" && file.includes("/node_modules/");

const plain = { load: Module._extensions[".js"], resolve: Module._resolveFilename };
keepNothingWhereNothingCanBe();
require("tsx/cjs");
const compiling = { load: Module._extensions[".js"], resolve: Module._resolveFilename };

Module._extensions[".js"] = (module, file) => {
  if (!isPackage(file)) return compiling.load(module, file);
  try {
    return plain.load(module, file);
  } catch (error) {
    // A package of ES modules: tsx can require it, Node 20 can't.
    if (error.code !== "ERR_REQUIRE_ESM") throw error;
    return compiling.load(module, file);
  }
};

Module._resolveFilename = (request, parent, ...rest) =>
  (isPackage(parent?.filename) ? plain : compiling).resolve.call(Module, request, parent, ...rest);

/** tsx keeps what it has compiled in the temporary folder, and dies where it can't be made there. So do those that this one starts. */
function keepNothingWhereNothingCanBe() {
  try {
    accessSync(tmpdir(), constants.W_OK | constants.X_OK);
  } catch {
    process.env.TSX_DISABLE_CACHE = "1";
  }
}
