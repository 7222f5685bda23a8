// tsx for the sandbox's own TypeScript only. It would look through every module of grpc, protobuf and yaml, too, which
// are JavaScript already: half of the time that the engine takes to load.
"use strict";
const Module = require("node:module");

const isPackage = (file) => typeof file === "string" && file.includes("/node_modules/");

const plain = { load: Module._extensions[".js"], resolve: Module._resolveFilename };
require("tsx/cjs");
const compiling = { load: Module._extensions[".js"], resolve: Module._resolveFilename };

Module._extensions[".js"] = (module, file) => (isPackage(file) ? plain : compiling).load(module, file);
Module._resolveFilename = (request, parent, ...rest) =>
  (isPackage(parent?.filename) ? plain : compiling).resolve.call(Module, request, parent, ...rest);
