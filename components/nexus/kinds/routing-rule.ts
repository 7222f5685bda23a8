import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";

export interface RoutingRuleArgs extends NexusObjectArgs {
  readonly name: pulumi.Input<string>;
  /** @default empty: Nexus wants one */
  readonly description?: pulumi.Input<string>;
  /** ALLOW: only paths that match are asked for. BLOCK: paths that match are not. */
  readonly mode: pulumi.Input<"ALLOW" | "BLOCK">;
  /** Regular expressions on the path of a request; one match is enough. */
  readonly matchers: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * Which paths a proxy asks its remote for. Nexus refuses to delete one in use (400). Its PUT could rename, but the
 * repositories of the program would then still name the old one: the name is fixed.
 */
export const routingRule: Kind = {
  name: "RoutingRule",
  noun: "routing rule",
  id: (want) => String(want.name),
  read: async (call, id) => {
    const answer = await call("GET", pathOf(id), [200, 404]);
    return answer.status === 404 ? undefined : objectIn(answer);
  },
  create: (call, want) => call("POST", "/v1/routing-rules", [204], want),
  update: (call, id, merged) => call("PUT", pathOf(id), [204], merged),
  remove: (call, id) => call("DELETE", pathOf(id), [204, 404]),
  fixed: ["name"],
  unordered: ["matchers"],
};

/** What a proxy repository may ask its remote for, or may not. */
export class RoutingRule extends NexusObject {
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: RoutingRuleArgs, opts?: pulumi.CustomResourceOptions) {
    super(routingRule, name, { ...args, description: args.description ?? "" }, opts);
  }
}

function pathOf(id: string): string {
  return `/v1/routing-rules/${encodeURIComponent(id)}`;
}
