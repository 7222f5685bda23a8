// Loaded before everything else: a start need not wait for what it hardly ever needs (bench/README.md, "Nexus").
//
// tsx compiles our own sources only. It would look through each of the hundreds of modules of @pulumi/pulumi and of what
// that depends on, too, which are JavaScript already.
//
// A TypeScript compiler and npm's arborist, with which Pulumi serialises functions, are loaded when something is first
// taken from them: our dynamic providers need no serialising (components/dynamic-module.ts).
"use strict";
const Module = require("node:module");

const isPackage = (file) => typeof file === "string" && file.includes("/node_modules/");

const plain = { load: Module._extensions[".js"], resolve: Module._resolveFilename };
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

const LATER = new Set(["typescript", "@npmcli/arborist"]);
const load = Module._load;

Module._load = (request, parent, isMain) => {
  const later = LATER.has(request) && parent?.filename?.includes("/@pulumi/pulumi/");
  return later ? onFirstUse(() => load(request, parent, isMain)) : load(request, parent, isMain);
};

function onFirstUse(loadNow) {
  let loaded;
  const real = () => {
    loaded ??= loadNow();
    return loaded;
  };
  return new Proxy(
    {},
    {
      // Compiled imports copy all members of what isn't an ES module.
      get: (_target, name) => (name === "__esModule" ? true : real()[name]),
      has: (_target, name) => name in real(),
    },
  );
}
