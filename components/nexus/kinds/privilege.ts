import type * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "../../base/shape";
import type { Fields, Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import { objectIn } from "../rest/answer-shape";

/** Which of them a type takes is checked at preview. There is no CREATE: it is called ADD. */
export type PrivilegeAction =
  | "ADD"
  | "ALL"
  | "ASSOCIATE"
  | "BROWSE"
  | "DELETE"
  | "DISASSOCIATE"
  | "EDIT"
  | "READ"
  | "RUN"
  | "START"
  | "STOP";

interface CommonArgs extends NexusObjectArgs {
  readonly name: pulumi.Input<string>;
  /** @default "" */
  readonly description?: pulumi.Input<string>;
}

interface RepositoryPart {
  /** `docker`, `raw` …, or `*`. */
  readonly format: pulumi.Input<string>;
  /** One repository's name, or `*`. */
  readonly repository: pulumi.Input<string>;
  readonly actions: pulumi.Input<pulumi.Input<PrivilegeAction>[]>;
}

interface Wildcard {
  readonly type: "wildcard";
  /** `nexus:…` */
  readonly pattern: pulumi.Input<string>;
}

interface Application {
  readonly type: "application";
  /** The part of Nexus: `tasks`, `users`, `blobstores` … */
  readonly domain: pulumi.Input<string>;
  readonly actions: pulumi.Input<pulumi.Input<PrivilegeAction>[]>;
}

interface Repository extends RepositoryPart {
  readonly type: "repository-view" | "repository-admin";
}

interface SelectedContent extends RepositoryPart {
  readonly type: "repository-content-selector";
  readonly contentSelector: pulumi.Input<string>;
}

/** The type decides on the rest. */
export type PrivilegeArgs = CommonArgs & (Wildcard | Application | Repository | SelectedContent);

const CONTENT_ACTIONS: readonly PrivilegeAction[] = ["ADD", "ALL", "BROWSE", "DELETE", "EDIT", "READ"];
const APPLICATION_ACTIONS: readonly PrivilegeAction[] = [
  "ADD",
  "ALL",
  "ASSOCIATE",
  "DELETE",
  "DISASSOCIATE",
  "EDIT",
  "READ",
  "START",
  "STOP",
];

/** Each type's fields beside name, type and description, and the actions that it takes (measured on 3.71). */
const TYPES: {
  readonly [type: string]: { readonly fields: readonly string[]; readonly actions: readonly string[] };
} = {
  wildcard: { fields: ["pattern"], actions: [] },
  application: { fields: ["domain", "actions"], actions: APPLICATION_ACTIONS },
  "repository-view": { fields: ["format", "repository", "actions"], actions: CONTENT_ACTIONS },
  "repository-admin": { fields: ["format", "repository", "actions"], actions: CONTENT_ACTIONS },
  "repository-content-selector": {
    fields: ["format", "repository", "contentSelector", "actions"],
    actions: CONTENT_ACTIONS,
  },
};

/**
 * A privilege of any of the five types. A PUT through another type's path is taken with 204 and corrupts it, so that the
 * list of privileges answers 500: the type is looked at before each change.
 */
export const privilege: Kind = {
  name: "Privilege",
  noun: "privilege",
  id: (want) => String(want.name),
  read: async (call, id) => {
    const answer = await call("GET", `/v1/security/privileges/${encodeURIComponent(id)}`, [200, 404]);
    return answer.status === 404 ? undefined : objectIn(answer);
  },
  create: (call, { type, ...want }) => call("POST", `/v1/security/privileges/${type}`, [201], want),
  update: async (call, id, { type, readOnly: _readOnly, ...merged }, { existing, want }) => {
    const reason = otherType(existing, want);
    if (reason) throw new Error(reason);
    await call("PUT", `/v1/security/privileges/${type}/${encodeURIComponent(id)}`, [204], merged);
  },
  remove: (call, id) => call("DELETE", `/v1/security/privileges/${encodeURIComponent(id)}`, [204, 404]),
  fixed: ["name", "type"],
  unordered: ["actions"],
  anyCase: ["actions"],
  refusal: (_facts, want) => misfit(want),
  conflict: async (call, id, want) => {
    const existing = await privilege.read(call, id);
    return existing && otherType(existing, want);
  },
};

/** A right, of one of five types. */
export class Privilege extends NexusObject {
  constructor(name: string, args: PrivilegeArgs, opts?: pulumi.CustomResourceOptions) {
    const { description = "", ...same } = args;
    super(privilege, name, { ...same, description }, opts);
  }
}

/** Why the fields don't make a privilege of their type; what is known only after the update is left to the server. */
function misfit(want: Fields): string | undefined {
  const who = `The privilege "${want.name}"`;
  const type = TYPES[String(want.type)];
  if (!type) return `${who} can't have the type "${want.type}"; there are ${Object.keys(TYPES).join(", ")}.`;
  const given = Object.keys(want).filter((field) => want[field] !== undefined && want[field] !== null);
  const missing = type.fields.filter((field) => !given.includes(field));
  const surplus = given.filter((field) => !["name", "type", "description", ...type.fields].includes(field));
  if (missing.length > 0) return `${who} of type ${want.type} needs ${missing.join(" and ")}.`;
  if (surplus.length > 0) return `${who} of type ${want.type} takes no ${surplus.join(" and no ")}.`;
  if (!type.fields.includes("actions") || !Array.isArray(want.actions)) return undefined;
  if (want.actions.length === 0) return `${who} has no actions; there are ${type.actions.join(", ")}.`;
  const unknown = want.actions.filter(
    (action) => action !== UNKNOWN && !type.actions.includes(String(action).toUpperCase()),
  );
  if (unknown.length === 0) return undefined;
  return `${who} of type ${want.type} can't have the action ${unknown.join(", ")}; there are ${type.actions.join(", ")}.`;
}

function otherType(existing: Fields, want: Fields): string | undefined {
  if (existing.type === want.type) return undefined;
  return (
    `The privilege "${want.name}" is of type ${existing.type} in Nexus and can't become one of type ${want.type}. ` +
    "Delete it there, or give yours another name."
  );
}
