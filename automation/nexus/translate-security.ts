import type { Fields } from "../../components/nexus/object/kind";
import { accountRole } from "../../components/settings/nexus/nexus-grants";
import { grantsOf, type RepositoryFormats } from "./grants-of";
import { Notes, secretCommand, some, type Translation, textsOf, unsayable, without } from "./translation";

/** An entry of GET /v1/security/content-selectors. */
export function translateContentSelector({ name, type, description, expression }: Fields): Translation {
  const key = String(name);
  if (type !== "csel") return unsayable("contentSelectors", key, `it is written in ${type}; they have csel`);
  const settings = { expression, ...some({ description }) };
  return { part: "contentSelectors", key, settings, changes: [], remarks: [] };
}

/** An entry of GET /v1/security/privileges. */
export function translatePrivilege(body: Fields): Translation {
  const { name, type, description, pattern, domain, format, repository, contentSelector } = body;
  const actions = textsOf(body["actions"]).map((action) => action.toUpperCase());
  const settings = {
    type,
    ...without({ repository: "*" }, some({ pattern, domain, format, repository, contentSelector })),
    ...some({ actions, description }),
  };
  return { part: "privileges", key: String(name), settings, changes: [], remarks: [] };
}

/** An entry of GET /v1/security/roles. */
export function translateRole(body: Fields, repositories: RepositoryFormats): Translation {
  const { id, name, description } = body;
  const settings = { ...some({ description }), ...rightsOf(body, repositories) };
  const remarks =
    name === id
      ? []
      : [`its name ${JSON.stringify(name)} stays until something of it changes, then it is ${id}`];
  return { part: "roles", key: String(id), settings, changes: [], remarks };
}

function rightsOf(role: Fields, repositories: RepositoryFormats): Fields {
  const grants = grantsOf(textsOf(role["privileges"]), repositories);
  return some({ ...grants, roles: textsOf(role["roles"]) });
}

/**
 * An entry of GET /v1/security/users. Berth gives an account a role and a password of its own, so that none is taken over
 * without a change.
 * @param own the account's own role, where the server has it
 */
export function translateUser(
  user: Fields,
  own: Fields | undefined,
  repositories: RepositoryFormats,
): Translation {
  const { firstName, lastName, source, status } = user;
  const key = String(user["userId"]);
  if (source !== "default")
    return unsayable("accounts", key, `it comes from ${source}; they have Nexus's own`);
  const notes = new Notes();
  const purpose = String(lastName ?? "");
  const { roleId, description } = accountRole(key, { purpose });
  const held = textsOf(user["roles"]);
  const hasOwn = own !== undefined && held.join() === roleId;
  if (hasOwn) notes.sets(`the description of its role ${roleId}`, own["description"], description);
  else
    notes.changes.push(`it would get a role of its own, ${roleId}, that holds its roles ${held.join(", ")}`);
  notes.sets("its first name", firstName, "berth");
  notes.sets("its status", status, "active");
  notes.changes.push(
    `it would get a new random password, unless you give the one it has: ${secretCommand("accounts", key, "password")}`,
  );
  const settings = { ...some({ purpose }), ...(hasOwn ? rightsOf(own, repositories) : { roles: held }) };
  return { part: "accounts", key, settings, ...notes };
}
