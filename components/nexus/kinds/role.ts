import type * as pulumi from "@pulumi/pulumi";
import type { Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";

export interface RoleArgs extends NexusObjectArgs {
  /** The role's id, which is what users and other roles name. */
  readonly roleId: pulumi.Input<string>;
  /** @default "" */
  readonly description?: pulumi.Input<string>;
  readonly privileges: pulumi.Input<pulumi.Input<string>[]>;
  /** Roles that it holds. */
  readonly roles?: pulumi.Input<pulumi.Input<string>[]>;
}

/** A role of Nexus's own source. PUT replaces the whole role; unknown privileges are refused (400). */
export const role: Kind = {
  name: "Role",
  noun: "role",
  id: (want) => String(want.roleId),
  read: async (call, id) => {
    const answer = await call("GET", `/v1/security/roles/${encodeURIComponent(id)}`, [200, 404]);
    if (answer.status === 404) return undefined;
    const body = objectIn(answer);
    return { ...body, roleId: body["id"] };
  },
  create: (call, want) => call("POST", "/v1/security/roles", [200], roleBody(want)),
  update: (call, id, merged) =>
    call("PUT", `/v1/security/roles/${encodeURIComponent(id)}`, [204], roleBody(merged)),
  remove: (call, id) => call("DELETE", `/v1/security/roles/${encodeURIComponent(id)}`, [204, 404]),
  fixed: ["roleId"],
  unordered: ["privileges", "roles"],
};

/** What accounts may do. */
export class Role extends NexusObject {
  constructor(name: string, args: RoleArgs, opts?: pulumi.CustomResourceOptions) {
    const { description = "", ...same } = args;
    super(role, name, { ...same, description }, opts);
  }
}

function roleBody(role: { readonly [field: string]: unknown }): object {
  const { roleId, name, description, privileges, roles } = role;
  return { id: roleId, name: name ?? roleId, description, privileges, roles: roles ?? [] };
}
