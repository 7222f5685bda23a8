import type { Props } from "../provider";
import { field, oneOf } from "../schema/field";
import { text } from "../schema/value";
import {
  type BranchLevels,
  checkLevels,
  isEnterprise,
  levelFields,
  levelOutputs,
  levelsToChange,
  levelsToCreate,
} from "./branch-levels";
import { type GitlabResource, type Id, inProject, levelName, levelOf, unlessGone } from "./resource";
import type { Rest } from "./rest";

interface Branch extends BranchLevels {
  id: number;
  name: string;
  allow_force_push: boolean;
}

interface Tag {
  name: string;
  create_access_levels: { access_level: number }[];
}

const REPLACE = { replace: true };

/** `gitlab:index/branchProtection:BranchProtection`, by the id `project:branch`. */
export const branchProtection: GitlabResource = {
  fields: {
    project: field("string", { ...REPLACE, required: true }),
    branch: field("string", { ...REPLACE, required: true }),
    ...levelFields,
    allowForcePush: field("boolean", { empty: false }),
    branchProtectionId: field("number", { computed: true, output: true }),
  },

  plan: async (inputs, rest) => checkLevels(inputs, await isEnterprise(rest)),

  async create(inputs, rest) {
    const id: Id = { text: "", project: text(inputs["project"]), parts: [text(inputs["branch"])] };
    const enterprise = await isEnterprise(rest);
    await takeOver(id, rest);
    const body = {
      name: id.parts[0],
      ...levelsToCreate(inputs, enterprise),
      allow_force_push: inputs["allowForcePush"] ?? false,
    };
    const path = inProject(id.project, "protected_branches");
    const made = await rest.ask<Branch>({ method: "POST", path, body, attempt: `protect ${branchIn(id)}` });
    const made_id = `${id.project}:${made.name}`;
    return { id: made_id, outputs: branchOutputs(made_id, id.project, made, enterprise) };
  },

  async read(id, _state, rest) {
    const found = await protectedBranch(id, rest);
    return found && branchOutputs(id.text, id.project, found, await isEnterprise(rest));
  },

  async update(id, inputs, _old, rest) {
    const attempt = `update the protection of ${branchIn(id)}`;
    const path = branchAddress(id);
    const before = await rest.ask<Branch>({ method: "GET", path, attempt });
    const body = {
      allow_force_push: inputs["allowForcePush"] ?? false,
      ...levelsToChange(inputs, before),
    };
    const changed = await rest.ask<Branch>({ method: "PATCH", path, body, attempt });
    return branchOutputs(id.text, id.project, changed, await isEnterprise(rest));
  },

  delete: (id, _state, rest) => unprotectBranch(id, rest),
};

/** `gitlab:index/tagProtection:TagProtection`, by the id `project:tag`. Whatever changes, it is replaced. */
export const tagProtection: GitlabResource = {
  fields: {
    project: field("string", { ...REPLACE, required: true }),
    tag: field("string", { ...REPLACE, required: true }),
    createAccessLevel: field("string", {
      ...REPLACE,
      empty: "maintainer",
      accept: oneOf("no one", "developer", "maintainer", "admin"),
    }),
  },

  /** As the plugin does, one that is there already is taken away first. */
  async create(inputs, rest) {
    const id: Id = { text: "", project: text(inputs["project"]), parts: [text(inputs["tag"])] };
    if (await protectedTag(id, rest)) await unprotectTag(id, rest);
    const body = {
      name: id.parts[0],
      create_access_level: levelOf(inputs["createAccessLevel"] ?? "maintainer"),
    };
    const path = inProject(id.project, "protected_tags");
    const made = await rest.ask<Tag>({ method: "POST", path, body, attempt: `protect ${tagIn(id)}` });
    const made_id = `${id.project}:${made.name}`;
    return { id: made_id, outputs: tagOutputs(made_id, id.project, made) };
  },

  async read(id, _state, rest) {
    const found = await protectedTag(id, rest);
    return found && tagOutputs(id.text, id.project, found);
  },

  async update(id) {
    throw new Error(`The protection of ${tagIn(id)} can't be changed; it takes a new one`);
  },

  delete: (id, _state, rest) => unprotectTag(id, rest),
};

/** GitLab protects the default branch of a new project by itself: the plugin takes that away, and nothing else. */
async function takeOver(id: Id, rest: Rest): Promise<void> {
  if (!(await protectedBranch(id, rest))) return;
  const attempt = `read the project ${id.project}`;
  const project = await rest.ask<{ default_branch: string }>({
    method: "GET",
    path: inProject(id.project),
    attempt,
  });
  if (project.default_branch !== id.parts[0])
    throw new Error(
      `${branchIn(id)} is protected already, and not by this stack: take that away, or leave it out here`,
    );
  await unprotectBranch(id, rest);
}

const branchAddress = (id: Id) => inProject(id.project, "protected_branches", id.parts[0]!);
const tagAddress = (id: Id) => inProject(id.project, "protected_tags", id.parts[0]!);
const branchIn = (id: Id) => `branch ${id.parts[0]} of ${id.project}`;
const tagIn = (id: Id) => `tag ${id.parts[0]} of ${id.project}`;

function protectedBranch(id: Id, rest: Rest): Promise<Branch | undefined> {
  const attempt = `read the protection of ${branchIn(id)}`;
  return unlessGone(rest.ask<Branch>({ method: "GET", path: branchAddress(id), attempt }));
}

async function unprotectBranch(id: Id, rest: Rest): Promise<void> {
  await rest.ask({ method: "DELETE", path: branchAddress(id), attempt: `unprotect ${branchIn(id)}` });
}

function protectedTag(id: Id, rest: Rest): Promise<Tag | undefined> {
  const attempt = `read the protection of ${tagIn(id)}`;
  return unlessGone(rest.ask<Tag>({ method: "GET", path: tagAddress(id), attempt }));
}

async function unprotectTag(id: Id, rest: Rest): Promise<void> {
  await rest.ask({ method: "DELETE", path: tagAddress(id), attempt: `unprotect ${tagIn(id)}` });
}

function branchOutputs(id: string, project: string, found: Branch, enterprise: boolean): Props {
  return {
    id,
    project,
    branch: found.name,
    branchProtectionId: found.id,
    allowForcePush: found.allow_force_push,
    ...levelOutputs(found, enterprise),
  };
}

function tagOutputs(id: string, project: string, found: Tag): Props {
  const createAccessLevel = levelName(found.create_access_levels[0]?.access_level);
  return { id, project, tag: found.name, createAccessLevel };
}
