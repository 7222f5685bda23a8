import type * as pulumi from "@pulumi/pulumi";
import { type AppAddress, keepAddresses } from "./deploy/route";
import { type ModuleProvider, ModuleResource } from "./dynamic-module";

export interface EdgeAddressesArgs {
  readonly docker: pulumi.Input<string>;
  /** The edge, by the volume of its configuration. */
  readonly edge: pulumi.Input<string>;
  /** Where the settings want which app. */
  readonly wanted: readonly AppAddress[];
}

type Wanted = pulumi.Unwrap<EdgeAddressesArgs>;

/**
 * The addresses of a server that apps are to have, and none besides. An app that moves is served at its old address until
 * another one takes it, or until this, which comes after the traffic of all apps: two apps can swap their ports.
 */
export class EdgeAddresses extends ModuleResource {
  constructor(name: string, args: EdgeAddressesArgs, opts?: pulumi.CustomResourceOptions) {
    super("edge:EdgeAddresses", name, { ...args, code: "components/edge-addresses#EdgeAddresses" }, opts);
  }
}

const edgeAddresses: ModuleProvider = {
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  diff: async (_id, olds, news) => ({
    changes: ["docker", "edge", "wanted"].some(
      (key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]),
    ),
  }),
  create: async (inputs) => ({ id: `addresses of ${inputs.edge}`, outs: await keep(inputs as Wanted) }),
  update: async (_id, _olds, news) => ({ outs: await keep(news as Wanted) }),
  read: async (id, props) => ({ id, props: { ...props! } }),
  delete: async () => undefined, // the sites go with the edge
};

export const providers = { EdgeAddresses: edgeAddresses };

async function keep(want: Wanted): Promise<Wanted> {
  const { docker, edge, wanted } = want;
  try {
    if (await keepAddresses({ docker, edge }, wanted)) return { ...want };
  } catch (error) {
    const said = (error as Error).message;
    throw new Error(
      `The edge proxy on ${docker} did not give up addresses that no app wants any more; the apps serve as they should. It said:\n${said}`,
    );
  }
  throw new Error(
    `None of the edge proxy's containers runs on ${docker}: berth start them, or berth up again.`,
  );
}
