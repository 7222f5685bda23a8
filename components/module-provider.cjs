// What Pulumi's process of dynamic providers runs for every dynamic resource of this project (dynamic-module.ts).
"use strict";
const { createRequire } = require("node:module");

// The process runs in the project's folder: a checkout's own code and packages, wherever this file really is.
const root = process.cwd();
const here = createRequire(`${root}/package.json`);
here("tsx/cjs");

/** The provider that the resource's input `code` names: `components/traffic#Traffic`. */
function load({ code }) {
  const [module, name] = code.split("#");
  return here(`${root}/${module}`).providers[name];
}

module.exports = {
  check: async (olds, news) => load(news).check(olds, news),
  diff: async (id, olds, news) => load(news).diff(id, olds, news),
  create: async (inputs) => load(inputs).create(inputs),
  read: async (id, props) => load(props).read(id, props),
  update: async (id, olds, news) => load(news).update(id, olds, news),
  delete: async (id, props) => load(props).delete(id, props),
};
