// A TypeScript compiler and npm's arborist, with which Pulumi serialises functions, are loaded when something is first
// taken from them: our dynamic providers need no serialising (components/base/dynamic-resource.ts). So is what makes temporary files
// for its installer: it fails while it is loaded where there is no temporary folder.
"use strict";
const Module = require("node:module");

const LATER = new Set(["typescript", "@npmcli/arborist", "tmp"]);
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
