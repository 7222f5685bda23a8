import assert from "node:assert/strict";
import { ActiveRealms, type ActiveRealmsArgs } from "../../../../components/nexus/kinds/active-realms";
import {
  AnonymousAccess,
  type AnonymousAccessArgs,
} from "../../../../components/nexus/kinds/anonymous-access";
import { Role, type RoleArgs } from "../../../../components/nexus/kinds/role";
import { User, type UserArgs } from "../../../../components/nexus/kinds/user";
import { kindCase, V1 } from "./kind-case";
import { NexusRest } from "./nexus-rest";
import { passwords } from "./passwords";

const role = `${V1}/security/roles/life-role`;
const users = `${V1}/security/users`;
const realms = `${V1}/security/realms/active`;
const anonymous = `${V1}/security/anonymous`;

export const securityCases = [
  kindCase<ActiveRealmsArgs>({
    kind: "ActiveRealms",
    type: ActiveRealms,
    first: { realms: ["NexusAuthenticatingRealm", "DockerToken"] },
    updates: [
      {
        patch: { realms: ["DockerToken", "NexusAuthenticatingRealm"] },
        told: { realms: ["DockerToken", "NexusAuthenticatingRealm"] },
      },
    ],
    read: async (rest) => ({ realms: await rest.get(realms) }),
    drift: (rest) => rest.change("PUT", realms, ["NexusAuthenticatingRealm"]),
    deep: { realms: ["DockerToken", "NexusAuthenticatingRealm"] },
  }),
  kindCase<AnonymousAccessArgs>({
    kind: "AnonymousAccess",
    type: AnonymousAccess,
    first: { enabled: false },
    updates: [{ patch: { enabled: true }, told: { enabled: true } }],
    read: (rest) => rest.get(anonymous),
    drift: (rest) => rest.edit(anonymous, { enabled: false }),
    unmodelled: (rest) => rest.edit(anonymous, { userId: "somebody" }),
    deep: { enabled: true, userId: "somebody", realmName: "NexusAuthorizingRealm" },
  }),
  kindCase<RoleArgs>({
    kind: "Role",
    id: "life-role",
    type: Role,
    first: { roleId: "life-role", description: "first", privileges: ["nx-logging-read"] },
    updates: [
      { patch: { description: "second" }, told: { description: "second" } },
      { patch: { privileges: ["nx-search-read"] }, told: { privileges: ["nx-search-read"] } },
      { patch: { roles: ["nx-anonymous"] }, told: { roles: ["nx-anonymous"] } },
      { patch: { roles: undefined }, told: { roles: [] } },
    ],
    read: (rest) => rest.get(role),
    drift: (rest) => rest.edit(role, { privileges: ["nx-search-read", "nx-logging-read"] }),
    unmodelled: (rest) => rest.edit(role, { name: "By hand" }),
    gone: (rest) => rest.change("DELETE", role),
    deep: {
      id: "life-role",
      source: "default",
      name: "By hand",
      description: "second",
      readOnly: false,
      privileges: ["nx-search-read"],
      roles: [],
    },
  }),
  kindCase<UserArgs>({
    kind: "User",
    id: "life-user",
    type: User,
    uses: ["Role"],
    first: { userId: "life-user", password: passwords.user, roles: ["life-role"], purpose: "first" },
    updates: [
      { patch: { purpose: "second" }, told: { lastName: "second" } },
      { patch: { roles: ["nx-anonymous", "life-role"] }, told: { roles: ["life-role", "nx-anonymous"] } },
      { patch: { firstName: "Ada" }, told: { firstName: "Ada", emailAddress: "hand@berth.invalid" } },
      { patch: { emailAddress: "ada@berth.invalid" }, told: { emailAddress: "ada@berth.invalid" } },
      { patch: { status: "disabled" }, told: { status: "disabled" } },
      { patch: { status: undefined }, told: { status: "active" } },
      {
        patch: { password: passwords.nextUser },
        proof: async (rest) => {
          const user = new NexusRest(rest.url, passwords.nextUser, "life-user");
          assert.equal((await user.ask("GET", `${V1}/repositories`)).status, 200);
        },
      },
    ],
    read: readUser,
    drift: async (rest) =>
      rest.change("PUT", `${users}/life-user`, { ...(await readUser(rest)), lastName: "by hand" }),
    unmodelled: async (rest) =>
      rest.change("PUT", `${users}/life-user`, {
        ...(await readUser(rest)),
        emailAddress: "hand@berth.invalid",
      }),
    gone: (rest) => rest.change("DELETE", `${users}/life-user`),
    deep: {
      userId: "life-user",
      firstName: "Ada",
      lastName: "second",
      emailAddress: "ada@berth.invalid",
      source: "default",
      status: "active",
      readOnly: false,
      roles: ["life-role", "nx-anonymous"],
      externalRoles: [],
    },
  }),
];

async function readUser(rest: NexusRest): Promise<object | undefined> {
  const found = (await rest.get(`${users}?userId=life-user`)) as { userId: string; roles: string[] }[];
  const user = found.find(({ userId }) => userId === "life-user");
  return user && { ...user, roles: user.roles.sort() };
}
