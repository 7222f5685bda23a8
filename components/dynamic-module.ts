import type * as pulumi from "@pulumi/pulumi";

type Props = { readonly code: string };

/**
 * The dynamic provider of every dynamic resource here. Pulumi serialises it to a few lines, the same for all: they load the
 * module that the resource's own input `code` names (`components/traffic#Traffic`) and hand the call to what it
 * exports as `providers.Traffic`. So the state holds no copies of code, a delete runs the code of the checkout like everything
 * else, and nothing has to survive serialisation but this (docs/decisions/0007).
 */
export const moduleProvider: pulumi.dynamic.ResourceProvider = {
  check: async (olds, news) => load(news).check(olds, news),
  diff: async (id, olds, news) => load(news).diff(id, olds, news),
  create: async (inputs) => load(inputs).create(inputs),
  read: async (id, props) => load(props).read(id, props),
  update: async (id, olds, news) => load(news).update(id, olds, news),
  delete: async (id, props) => load(props).delete(id, props),
};

/** What such a module exports in `providers`: all of it, so that nobody has to ask what is there. */
export type ModuleProvider = Required<Omit<pulumi.dynamic.ResourceProvider, "configure">>;

function load({ code }: Props): ModuleProvider {
  // The process of dynamic providers runs in the project's folder: it finds @pulumi/pulumi from there, too.
  const root = process.cwd();
  const here = require("node:module").createRequire(`${root}/package.json`);
  here("tsx/cjs");
  const [module, name] = code.split("#");
  return here(`${root}/${module}`).providers[name!];
}
