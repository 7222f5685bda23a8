import type { Props } from "../provider";
import { field } from "../schema/field";
import { text } from "../schema/value";
import { bodyOf, type GitlabResource, type Id, inProject, levelName, levelOf, unlessGone } from "./resource";

const COMPUTED = { computed: true };
const REPLACE = { replace: true };
const MADE = { computed: true, output: true };

interface DeployToken {
  id: number;
  name: string;
  username: string;
  scopes: string[];
  expires_at: string | null;
  expired: boolean;
  revoked: boolean;
  token?: string;
}

/** `gitlab:index/projectDeployToken:ProjectDeployToken`, by the id `project:number`. Nothing of it can be changed. */
export const projectDeployToken: GitlabResource = {
  fields: {
    project: field("string", { ...REPLACE, required: true }),
    name: field("string", REPLACE),
    username: field("string", { ...COMPUTED, ...REPLACE }),
    scopes: field("set", { ...REPLACE, required: true }),
    expiresAt: field("string", { ...COMPUTED, ...REPLACE }),
    validatePastExpirationDate: field("boolean", { empty: false }),
    token: field("string", MADE),
    expired: field("boolean", MADE),
    revoked: field("boolean", MADE),
  },
  autoName: true,
  secrets: ["token"],

  async create(inputs, rest) {
    const path = inProject(inputs["project"], "deploy_tokens");
    const names = { name: "name", username: "username", scopes: "scopes", expiresAt: "expires_at" };
    const attempt = `create the deploy token ${text(inputs["name"])} of ${text(inputs["project"])}`;
    const made = await rest.ask<DeployToken>({ method: "POST", path, body: bodyOf(inputs, names), attempt });
    const id = `${text(inputs["project"])}:${made.id}`;
    return { id, outputs: deployTokenOutputs(id, inputs, made) };
  },

  async read(id, state, rest) {
    const call = {
      method: "GET",
      path: addressOf(id, "deploy_tokens"),
      attempt: `read ${deployTokenIn(id)}`,
    } as const;
    const found = await unlessGone(rest.ask<DeployToken>(call));
    return found && deployTokenOutputs(id.text, { ...state, project: id.project }, found);
  },

  async update(id) {
    throw new Error(`${deployTokenIn(id)} can't be changed; it takes a new one`);
  },

  async delete(id, _state, rest) {
    const path = addressOf(id, "deploy_tokens");
    await rest.ask({ method: "DELETE", path, attempt: `delete ${deployTokenIn(id)}` });
  },
};

interface AccessToken {
  id: number;
  name: string;
  description: string;
  scopes: string[];
  access_level: number;
  expires_at: string;
  created_at: string;
  user_id: number;
  active: boolean;
  revoked: boolean;
  token?: string;
}

/** `gitlab:index/projectAccessToken:ProjectAccessToken`, by the id `project:number`. Another expiry rotates it. */
export const projectAccessToken: GitlabResource = {
  fields: {
    project: field("string", { ...REPLACE, required: true }),
    name: field("string", REPLACE),
    description: field("string", { ...COMPUTED, ...REPLACE }),
    scopes: field("set", { ...REPLACE, required: true }),
    accessLevel: field("string", { ...REPLACE, empty: "maintainer" }),
    expiresAt: field("string", COMPUTED),
    validatePastExpirationDate: field("boolean", { empty: false }),
    token: field("string", MADE),
    active: field("boolean", MADE),
    revoked: field("boolean", MADE),
    createdAt: field("string", MADE),
    userId: field("number", MADE),
  },
  autoName: true,
  secrets: ["token"],

  async create(inputs, rest) {
    const body = {
      ...bodyOf(inputs, {
        name: "name",
        description: "description",
        scopes: "scopes",
        expiresAt: "expires_at",
      }),
      access_level: levelOf(inputs["accessLevel"] ?? "maintainer"),
    };
    const path = inProject(inputs["project"], "access_tokens");
    const attempt = `create the access token ${text(inputs["name"])} of ${text(inputs["project"])}`;
    const made = await rest.ask<AccessToken>({ method: "POST", path, body, attempt });
    const id = `${text(inputs["project"])}:${made.id}`;
    return { id, outputs: accessTokenOutputs(id, inputs, made) };
  },

  /** One that was revoked by hand is as good as gone. */
  async read(id, state, rest) {
    const call = {
      method: "GET",
      path: addressOf(id, "access_tokens"),
      attempt: `read ${accessTokenIn(id)}`,
    } as const;
    const found = await unlessGone(rest.ask<AccessToken>(call));
    return found && !found.revoked
      ? accessTokenOutputs(id.text, { ...state, project: id.project }, found)
      : undefined;
  },

  async update(id, inputs, old, rest) {
    const path = `${addressOf(id, "access_tokens")}/rotate`;
    const body = bodyOf(inputs, { expiresAt: "expires_at" });
    const made = await rest.ask<AccessToken>({
      method: "POST",
      path,
      body,
      attempt: `rotate ${accessTokenIn(id)}`,
    });
    return accessTokenOutputs(`${id.project}:${made.id}`, { ...old, ...inputs }, made);
  },

  async delete(id, _state, rest) {
    const path = addressOf(id, "access_tokens");
    await rest.ask({ method: "DELETE", path, attempt: `revoke ${accessTokenIn(id)}` });
  },
};

const addressOf = (id: Id, kind: string) => inProject(id.project, kind, id.parts[0]!);
const deployTokenIn = (id: Id) => `the deploy token ${id.parts[0]} of ${id.project}`;
const accessTokenIn = (id: Id) => `the access token ${id.parts[0]} of ${id.project}`;

/** Told at its creation; known from the state after that. */
const secretOf = (made: { token?: string }, state: Props) => made.token ?? state["token"] ?? null;

function deployTokenOutputs(id: string, state: Props, found: DeployToken): Props {
  return {
    id,
    project: state["project"]!,
    name: found.name,
    username: found.username,
    // As the plugin writes it: without parts of a second.
    expiresAt: found.expires_at?.replace(/\.\d+Z$/, "Z") ?? null,
    scopes: [...found.scopes].sort(),
    token: secretOf(found, state),
    expired: found.expired,
    revoked: found.revoked,
    validatePastExpirationDate: state["validatePastExpirationDate"] ?? false,
  };
}

function accessTokenOutputs(id: string, state: Props, found: AccessToken): Props {
  return {
    id,
    project: state["project"]!,
    name: found.name,
    description: found.description ?? "",
    scopes: [...found.scopes].sort(),
    accessLevel: levelName(found.access_level),
    expiresAt: found.expires_at,
    createdAt: found.created_at,
    userId: found.user_id,
    active: found.active,
    revoked: found.revoked,
    token: secretOf(found, state),
    validatePastExpirationDate: state["validatePastExpirationDate"] ?? false,
  };
}
