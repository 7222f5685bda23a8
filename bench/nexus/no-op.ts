import type * as pulumi from "@pulumi/pulumi";
import { type ModuleProvider, ModuleResource } from "../../components/dynamic-module";

/** A dynamic resource that asks no server. */
export class NoOp extends ModuleResource {
  constructor(name: string, args: { readonly [field: string]: pulumi.Input<unknown> }) {
    super("bench:NoOp", name, { ...args, code: "bench/nexus/no-op#NoOp" });
  }
}

const noOp: ModuleProvider = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => ({ changes: JSON.stringify(olds) !== JSON.stringify(news) }),
  create: async (inputs) => ({ id: inputs.name, outs: inputs }),
  read: async (id, props) => ({ id, props }),
  update: async (_id, _olds, news) => ({ outs: news }),
  delete: async () => undefined,
};

export const providers = { NoOp: noOp };
