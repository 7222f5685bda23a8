import * as pulumi from "@pulumi/pulumi";

/** Loads what the others load, so that the difference is the calls alone. */
const PROVIDER = `exports.handler = () => {
  require(process.cwd() + '/components/module-provider.cjs');
  return {
    check: async (_olds, news) => ({ inputs: news, failures: [] }),
    diff: async (_id, olds, news) => ({ changes: JSON.stringify(olds) !== JSON.stringify(news) }),
    create: async (inputs) => ({ id: inputs.name, outs: inputs }),
    read: async (id, props) => ({ id, props }),
    update: async (_id, _olds, news) => ({ outs: news }),
    delete: async () => undefined,
  };
};
`;

/** A dynamic resource that asks no server. */
export class NoOp extends pulumi.CustomResource {
  constructor(name: string, args: { readonly [field: string]: pulumi.Input<unknown> }) {
    super("pulumi-nodejs:dynamic/bench:NoOp", name, { ...args, __provider: PROVIDER });
  }
}
