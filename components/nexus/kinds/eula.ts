import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";

export interface EulaArgs extends NexusObjectArgs {
  /**
   * Your acceptance of Sonatype's End User License Agreement, a legal act: true, from an explicit setting, or no such
   * resource at all.
   */
  readonly accepted: pulumi.Input<boolean>;
}

const PATH = "/v1/system/eula";

/**
 * The license agreement of the Community Edition (3.77 and newer): until it is accepted, content answers 403. Nexus takes
 * its own disclaimer back, word for word. A server without that call (404) has nothing to accept. It can't be withdrawn.
 */
export const eula: Kind = {
  name: "Eula",
  noun: "license agreement",
  id: () => "eula",
  read: async (call) => {
    const answer = await call("GET", PATH, [200, 404]);
    return answer.status === 404 ? { accepted: true } : objectIn(answer);
  },
  create: async () => {
    throw new Error("The license agreement is always there: it is read and changed, never created.");
  },
  update: (call, _id, merged) =>
    call("POST", PATH, [200, 204], { accepted: merged["accepted"], disclaimer: merged["disclaimer"] }),
  remove: async () => undefined,
  fixed: [],
  single: true,
  refusal: (_facts, want) =>
    want.accepted === false
      ? "Accepting the license agreement is your decision, and it can't be un-accepted: " +
        "say accepted: true where you accept it, and leave the setting out where you don't."
      : undefined,
};

/** Sonatype's licence, accepted by you; a Nexus has this once. */
export class Eula extends NexusObject {
  constructor(name: string, args: EulaArgs, opts?: pulumi.CustomResourceOptions) {
    super(eula, name, { ...args }, opts);
  }
}
