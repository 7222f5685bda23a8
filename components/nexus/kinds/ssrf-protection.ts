import { isIP } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { CLOUD_METADATA, isPrivateAddress, javaAddress, mayBePrivate } from "../../http/private-address";
import { listOf, mergeInto } from "../object/compare";
import type { Fields, Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";
import type { Call } from "../rest/call";

export interface SsrfProtectionArgs extends NexusObjectArgs {
  /** Hosts that Nexus is to reach, as their addresses (URLs) have them: allowed where they are, or may be, private. */
  readonly hosts: pulumi.Input<pulumi.Input<string>[]>;
  /** Names and addresses that are allowed in any case. */
  readonly allowed?: pulumi.Input<pulumi.Input<string>[]>;
  /** A new text is a new question: another container may be a Nexus that has the protection by now. */
  readonly since?: pulumi.Input<string>;
}

const PATH = "/v1/security/ssrf-protection";
const LISTS = ["allowedDomains", "allowedIPs"] as const;

/**
 * Private addresses that Nexus may ask all the same (server-side request forgery; 3.92 and newer). One pair of lists per
 * server, which administrators fill too: what we didn't put there stays, also on delete, and so does whether the protection
 * is on. Nexus compares texts: names as the remote's address has them, addresses as Java writes them, no ranges.
 */
export const ssrfProtection: Kind = {
  name: "SsrfProtection",
  noun: "list of allowed private addresses",
  id: () => "ssrf-protection",
  read,
  create: async () => {
    throw new Error(
      "The list of allowed private addresses is always there: it is read and changed, never created.",
    );
  },
  update: (call, _id, merged) => change(call, merged),
  remove: async (call, _id, ours) => {
    const existing = await read(call);
    const isThere = LISTS.some((list) =>
      listOf(ours[list]).some((one) => listOf(existing[list]).includes(one)),
    );
    if (isThere) await change(call, mergeInto(existing, {}, ours, ssrfProtection));
  },
  fixed: [],
  single: true,
  shared: LISTS,
  settle,
  needless: (facts) => !facts.offers("GET", PATH),
};

/** Which private addresses Nexus may ask; a Nexus has this setting once. */
export class SsrfProtection extends NexusObject {
  constructor(name: string, args: SsrfProtectionArgs, opts?: pulumi.CustomResourceOptions) {
    super(ssrfProtection, name, { ...args }, opts);
  }
}

async function read(call: Call): Promise<Fields> {
  return objectIn(await call("GET", PATH, [200]));
}

async function change(call: Call, { enabled, allowedDomains, allowedIPs }: Fields): Promise<void> {
  const lists = { allowedDomains: listOf(allowedDomains), allowedIPs: listOf(allowedIPs) };
  await call("PUT", PATH, [200, 204], { enabled: enabled ?? true, ...lists });
}

/**
 * What is put on which list. A name that is on it stays while it is asked for: where it leads is looked up from here, and a
 * list that changed with the place of the look could not be reviewed.
 */
async function settle(want: Fields, before: Fields): Promise<Fields> {
  const allowed = listOf(want["allowed"]).map(String);
  const hosts = listOf(want["hosts"]).map((host) => String(host).replace(/^\[(.*)\]$/, "$1"));
  const kept = listOf(before["allowedDomains"]);
  const judged = await Promise.all(
    hosts.map(async (host) =>
      isIP(host) ? isPrivateAddress(host) : kept.includes(host) || mayBePrivate(host),
    ),
  );
  const all = [...allowed, ...hosts.filter((_, index) => judged[index])].filter(
    (one) => one !== CLOUD_METADATA,
  );
  const unique = (items: readonly string[]) => [...new Set(items)].sort();
  return {
    allowedDomains: unique(all.filter((one) => !isIP(one))),
    allowedIPs: unique(all.filter((one) => isIP(one)).map(javaAddress)),
  };
}
