import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { isKnown, type Shape, unread } from "../base/shape";
import { rememberLogin } from "./rest/current-login";
import type { NexusServer } from "./rest/nexus-server";
import { GLANCE_MS } from "./rest/server-abilities";
import { callNexus, NexusFailure } from "./rest/transport";

export interface AdminAccessArgs {
  /** Base address of Nexus, without a trailing slash. */
  readonly url: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  /** Secret. */
  readonly password: pulumi.Input<string>;
  /** PEM of the authority of its certificate, where that isn't a public one. */
  readonly ca?: pulumi.Input<string> | undefined;
}

/**
 * That a Nexus which is there already lets this account administrate it: said once, at preview where it answers, instead of
 * by every object. Nothing of it is changed.
 */
export class AdminAccess extends DynamicResource {
  constructor(name: string, args: AdminAccessArgs, opts?: pulumi.CustomResourceOptions) {
    super("nexus.AdminAccess", name, args, opts);
  }
}

const wanted: Shape<NexusServer> = z.looseObject({
  url: z.string(),
  username: z.string(),
  password: z.string(),
  ca: z.optional(z.string()),
});

const adminAccess = dynamicProvider({
  id: ({ url }) => url,
  inputs: wanted,
  state: unread,
  changedBy: ["url", "username", "password", "ca"],
  failures: async (want) => {
    if (!isKnown(want)) return [];
    // What left the program is deleted with the login in its old state, which may be an outdated one.
    rememberLogin(want);
    const reason = await refusal(want, GLANCE_MS).catch(isAway);
    return reason === undefined ? [] : [{ property: "password", reason }];
  },
  apply: async (want) => {
    const reason = await refusal(want);
    if (reason !== undefined) throw new Error(reason);
    rememberLogin(want);
    return { ...want };
  },
});

export const providers = { AdminAccess: adminAccess };

/** Why it may not, undefined where it may. @throws NexusFailure where Nexus doesn't answer */
async function refusal(server: NexusServer, patience?: number): Promise<string | undefined> {
  const options = patience === undefined ? {} : { patience };
  const path = "/service/rest/v1/security/realms/active"; // only an administrator may read it
  const { status } = await callNexus(server, "GET", path, [200, 401, 403], undefined, options);
  const { url, username } = server;
  if (status === 200) return undefined;
  return status === 401
    ? `Nexus at ${url} does not let ${username} in: is berth:nexus.password right? Nothing in it was changed.`
    : `Nexus at ${url} lets ${username} in, but not administrate: give it the role nx-admin. Nothing in it was changed.`;
}

/** A glance at one that is away tells nothing; the update will. */
function isAway(error: unknown): undefined {
  if (error instanceof NexusFailure) return undefined;
  throw error;
}
