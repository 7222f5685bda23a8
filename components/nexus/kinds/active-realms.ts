import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { listIn, textsIn } from "../rest/answer-shape";
import type { Call } from "../rest/call";

export interface ActiveRealmsArgs extends NexusObjectArgs {
  /** Realm ids in order, e.g. `NexusAuthenticatingRealm`, `DockerToken`. */
  readonly realms: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * The realms in use: one ordered list per server. An empty or partly unknown list would lock everybody out
 * (Nexus takes it with 204), so only ids that the server offers are ever sent.
 */
export const activeRealms: Kind = {
  name: "ActiveRealms",
  noun: "list of active realms",
  id: () => "active-realms",
  read: async (call) => ({ realms: (await call("GET", "/v1/security/realms/active", [200])).body }),
  create: (call, want) => activate(call, textsIn(want.realms)),
  update: (call, _id, _merged, { want }) => activate(call, textsIn(want.realms)),
  remove: async () => undefined, // a server without realms is a server without logins: it keeps what it has
  fixed: [],
  single: true,
};

/** The realms in use, and their order; a Nexus has one such list. */
export class ActiveRealms extends NexusObject {
  constructor(name: string, args: ActiveRealmsArgs, opts?: pulumi.CustomResourceOptions) {
    super(activeRealms, name, { ...args }, opts);
  }
}

async function activate(call: Call, realms: string[]): Promise<void> {
  const offered = listIn(await call("GET", "/v1/security/realms/available", [200]));
  const ids = offered.map(({ id }) => String(id));
  const unknown = realms.filter((realm) => !ids.includes(realm));
  if (realms.length === 0) throw new Error("An empty list of realms would lock everybody out of Nexus.");
  if (unknown.length > 0) {
    throw new Error(`This Nexus has no realm ${unknown.join(", ")}; it offers ${ids.join(", ")}.`);
  }
  await call("PUT", "/v1/security/realms/active", [204], realms);
}
