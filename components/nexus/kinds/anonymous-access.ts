import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";

export interface AnonymousAccessArgs extends NexusObjectArgs {
  readonly enabled: pulumi.Input<boolean>;
}

/** Whether callers without credentials are let in as the user `anonymous`. A missing `enabled` would mean false. */
export const anonymousAccess: Kind = {
  name: "AnonymousAccess",
  noun: "anonymous access",
  id: () => "anonymous",
  read: async (call) => objectIn(await call("GET", "/v1/security/anonymous", [200])),
  create: (call, want) => call("PUT", "/v1/security/anonymous", [200], { enabled: want.enabled }),
  update: (call, _id, merged) => call("PUT", "/v1/security/anonymous", [200], merged),
  remove: async () => undefined, // leaving the program must not open the door
  fixed: [],
  single: true,
};

/** Whether nobody may come in; a Nexus has this setting once. */
export class AnonymousAccess extends NexusObject {
  constructor(name: string, args: AnonymousAccessArgs, opts?: pulumi.CustomResourceOptions) {
    super(anonymousAccess, name, { ...args }, opts);
  }
}
