import type * as pulumi from "@pulumi/pulumi";
import type { Fields, Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { listIn } from "../rest/answer-shape";
import type { Call } from "../rest/call";
import { GLANCE_MS } from "../rest/server-abilities";
import { callNexus, NexusFailure } from "../rest/transport";

export interface UserArgs extends NexusObjectArgs {
  readonly userId: pulumi.Input<string>;
  /** Secret. A change is sent by change-password: PUT ignores it. */
  readonly password: pulumi.Input<string>;
  readonly roles: pulumi.Input<pulumi.Input<string>[]>;
  /** What the account is for, shown as its last name in the UI. */
  readonly purpose: pulumi.Input<string>;
  /** @default "berth" */
  readonly firstName?: pulumi.Input<string>;
  /** Nexus wants one and never writes to it. @default "<userId>@berth.invalid" */
  readonly emailAddress?: pulumi.Input<string>;
  /** `disabled` keeps the account and lets nobody in with it. @default "active" */
  readonly status?: pulumi.Input<"active" | "disabled">;
}

/**
 * A user of Nexus's own source. There is no GET of one user and the filter matches prefixes, so the exact id
 * is picked from the list; a duplicate is a 500, so it is looked for first.
 */
export const user: Kind = {
  name: "User",
  noun: "user",
  id: (want) => String(want.userId),
  read: async (call, id) => {
    const answer = await call(
      "GET",
      `/v1/security/users?userId=${encodeURIComponent(id)}&source=default`,
      [200],
    );
    const found = listIn(answer).find((entry) => entry["userId"] === id);
    return found && { ...found, purpose: found["lastName"] };
  },
  create: async (call, want) => {
    await requireRoles(call, want);
    await call("POST", "/v1/security/users", [200], { ...commonBody(want), password: want.password });
  },
  update: async (call, id, merged, { want, before }) => {
    const path = `/v1/security/users/${encodeURIComponent(id)}`;
    await call("PUT", path, [204], { ...commonBody(merged), source: "default" });
    if (before.password !== want.password)
      await call("PUT", `${path}/change-password`, [204], String(want.password));
  },
  remove: (call, id) => call("DELETE", `/v1/security/users/${encodeURIComponent(id)}`, [204, 404]),
  fixed: ["userId"],
  unordered: ["roles"],
  writeOnly: ["password"],
  holds: async (server, want) => {
    if ((want.status ?? "active") !== "active") return true; // nobody can log in
    const login = { ...server, username: String(want.userId), password: String(want.password) };
    try {
      // Few may read it, so that a login shows by another refusal than a wrong password does.
      const { status } = await callNexus(login, "GET", LOGIN_PROBE, [200, 401, 403], undefined, GLANCE);
      return status !== 401;
    } catch (error) {
      if (error instanceof NexusFailure) return true;
      throw error;
    }
  },
};

const LOGIN_PROBE = "/service/rest/v1/security/realms/active";
const GLANCE = { patience: GLANCE_MS };

/** An account. */
export class User extends NexusObject {
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, args: UserArgs, opts?: pulumi.CustomResourceOptions) {
    super(user, name, { ...args }, opts);
  }
}

/** A new user with a role that isn't there is taken (200), and is then without it (measured on 3.71). */
async function requireRoles(call: Call, { userId, roles }: Fields): Promise<void> {
  for (const role of roles as string[]) {
    const { status } = await call("GET", `/v1/security/roles/${encodeURIComponent(role)}`, [200, 404]);
    if (status === 200) continue;
    throw new Error(
      `The user "${userId}" is to have the role "${role}", and Nexus has no such role. Create it first, or leave it out.`,
    );
  }
}

/** What a POST and a PUT have in common: the first takes no source, the second wants one. */
function commonBody(want: Fields): object {
  return {
    userId: want.userId,
    firstName: want.firstName ?? "berth",
    lastName: want.purpose,
    emailAddress: want.emailAddress ?? `${want.userId}@berth.invalid`,
    status: want.status ?? "active",
    roles: want.roles,
  };
}
