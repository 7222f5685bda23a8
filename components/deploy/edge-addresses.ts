import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { type Shape, unread } from "../base/shape";
import { messageOf } from "../values/error-facts";
import { isJsonObject } from "../values/json-object";
import { type AppAddress, keepAddresses } from "./route";

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
export class EdgeAddresses extends DynamicResource {
  constructor(name: string, args: EdgeAddressesArgs, opts?: pulumi.CustomResourceOptions) {
    super("edge.EdgeAddresses", name, args, opts);
  }
}

const wanted: Shape<Wanted> = z.looseObject({
  docker: z.string(),
  edge: z.string(),
  wanted: z.array(z.custom<AppAddress>(isJsonObject)),
});

const edgeAddresses = dynamicProvider({
  id: ({ edge }) => `addresses of ${edge}`,
  inputs: wanted,
  state: unread,
  changedBy: ["docker", "edge", "wanted"],
  apply: keep, // a delete leaves them: the sites go with the edge
});

export const providers = { EdgeAddresses: edgeAddresses };

async function keep(want: Wanted): Promise<Wanted> {
  const { docker, edge, wanted } = want;
  try {
    if (await keepAddresses({ docker, edge }, wanted)) return { ...want };
  } catch (error) {
    const said = messageOf(error);
    throw new Error(
      `The edge proxy on ${docker} did not give up addresses that no app wants any more; the apps serve as they should. It said:\n${said}`,
    );
  }
  throw new Error(
    `None of the edge proxy's containers runs on ${docker}: berth start them, or berth up again.`,
  );
}
