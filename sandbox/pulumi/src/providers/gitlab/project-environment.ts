import type { Props } from "../provider";
import { field, oneOf } from "../schema/field";
import { text } from "../schema/value";
import { bodyOf, type GitlabResource, type Id, inProject, removed, unlessGone } from "./resource";

interface Environment {
  id: number;
  name: string;
  slug: string;
  description: string | null;
  external_url: string | null;
  state: string;
  tier: string;
  created_at: string;
  updated_at: string;
  auto_stop_at: string | null;
}

const COMPUTED = { computed: true };
const MADE = { computed: true, output: true };
const TIERS = ["production", "staging", "testing", "development", "other"];
const CHANGEABLE = { externalUrl: "external_url", tier: "tier", description: "description" };

/** `gitlab:index/projectEnvironment:ProjectEnvironment`, by the id `project:number`. GitLab deletes only a stopped one. */
export const projectEnvironment: GitlabResource = {
  fields: {
    project: field("string", { replace: true, required: true }),
    name: field("string", { replace: true }),
    externalUrl: field("string", COMPUTED),
    tier: field("string", { ...COMPUTED, accept: oneOf(...TIERS) }),
    description: field("string", COMPUTED),
    stopBeforeDestroy: field("boolean", { empty: false }),
    slug: field("string", MADE),
    state: field("string", MADE),
    createdAt: field("string", MADE),
    updatedAt: field("string", MADE),
    autoStopAt: field("string", MADE),
  },
  autoName: true,

  async create(inputs, rest) {
    const path = inProject(inputs["project"], "environments");
    const body = bodyOf(inputs, { ...CHANGEABLE, name: "name" });
    const attempt = `create the environment ${text(inputs["name"])} of ${text(inputs["project"])}`;
    const made = await rest.ask<Environment>({ method: "POST", path, body, attempt });
    const id = `${text(inputs["project"])}:${made.id}`;
    return { id, outputs: outputsOf(id, inputs, made) };
  },

  async read(id, state, rest) {
    const call = { method: "GET", path: addressOf(id), attempt: `read ${environmentIn(id)}` } as const;
    const found = await unlessGone(rest.ask<Environment>(call));
    return found && outputsOf(id.text, { ...state, project: id.project }, found);
  },

  async update(id, inputs, _old, rest) {
    const body = { external_url: "", ...bodyOf(inputs, CHANGEABLE) };
    const call = {
      method: "PUT",
      path: addressOf(id),
      body,
      attempt: `update ${environmentIn(id)}`,
    } as const;
    return outputsOf(id.text, inputs, await rest.ask<Environment>(call));
  },

  async delete(id, state, rest) {
    if (state["stopBeforeDestroy"] === true) {
      const path = `${addressOf(id)}/stop`;
      await rest.ask({ method: "POST", path, attempt: `stop ${environmentIn(id)}` });
    }
    await removed(
      rest.ask({ method: "DELETE", path: addressOf(id), attempt: `delete ${environmentIn(id)}` }),
    );
  },
};

const addressOf = (id: Id) => inProject(id.project, "environments", id.parts[0]!);
const environmentIn = (id: Id) => `environment ${id.parts[0]} of ${id.project}`;

function outputsOf(id: string, state: Props, found: Environment): Props {
  return {
    id,
    project: state["project"]!,
    name: found.name,
    slug: found.slug,
    state: found.state,
    tier: found.tier,
    externalUrl: found.external_url ?? "",
    description: found.description ?? "",
    createdAt: found.created_at,
    updatedAt: found.updated_at,
    autoStopAt: found.auto_stop_at,
    stopBeforeDestroy: state["stopBeforeDestroy"] ?? false,
  };
}
