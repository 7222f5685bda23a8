import type { Props } from "../provider";
import { atLeast, field, oneOf } from "../schema/field";
import { objects, text } from "../schema/value";
import { type GitlabResource, type Id, inProject, levelName, levelOf, removed, unlessGone } from "./resource";
import { isGone, type Rest } from "./rest";

interface DeployLevel {
  id: number;
  access_level: number;
  access_level_description: string | null;
}

interface ApprovalRule extends DeployLevel {
  required_approvals: number;
}

interface ProtectedEnvironment {
  name: string;
  deploy_access_levels: DeployLevel[];
  approval_rules?: ApprovalRule[];
}

/** An entry of either list as GitLab is asked for it. */
interface Wanted {
  readonly access_level: number;
  readonly required_approvals?: number;
}

const REPLACE = { replace: true, required: true };
const COMPUTED = { computed: true };
const MADE = { computed: true, output: true };

/** By role. The plugin takes a person or a group, too. */
const ROLE = {
  accessLevel: field("string", { required: true, accept: oneOf("developer", "maintainer") }),
  accessLevelDescription: field("string", MADE),
  id: field("number", MADE),
};
const RULE = { ...ROLE, requiredApprovals: field("number", { ...COMPUTED, accept: atLeast(1) }) };

/** `gitlab:index/projectProtectedEnvironment:ProjectProtectedEnvironment`, by the id `project:name`. */
export const projectProtectedEnvironment: GitlabResource = {
  fields: {
    project: field("string", REPLACE),
    environment: field("string", REPLACE),
    deployAccessLevelsAttributes: field("objects", { fields: ROLE }),
    approvalRules: field("objects", { ...COMPUTED, fields: RULE }),
  },

  async create(inputs, rest) {
    const project = text(inputs["project"]);
    const id: Id = { text: "", project, parts: [text(inputs["environment"])] };
    const lists = { deploy_access_levels: levelsIn(inputs), approval_rules: rulesIn(inputs) };
    const body = { name: id.parts[0], ...lists };
    const path = inProject(project, "protected_environments");
    const call = { method: "POST", path, body, attempt: `protect ${environmentIn(id)}` } as const;
    const made = await rest.ask<ProtectedEnvironment>(call).catch((error) => withTier(error, id));
    const made_id = `${project}:${made.name}`;
    return { id: made_id, outputs: outputsOf(made_id, project, made) };
  },

  async read(id, _state, rest) {
    const found = await unlessGone(protection(id, rest));
    return found && outputsOf(id.text, id.project, found);
  },

  /** As the plugin does, it looks first which entries there are: GitLab changes only those that it is told of. */
  async update(id, inputs, _old, rest) {
    const had = await protection(id, rest);
    const body = {
      deploy_access_levels: changesTo(had.deploy_access_levels, levelsIn(inputs)),
      ...(inputs["approvalRules"] !== undefined && {
        approval_rules: changesTo(had.approval_rules ?? [], rulesIn(inputs)),
      }),
    };
    const attempt = `update the protection of ${environmentIn(id)}`;
    const call = { method: "PUT", path: addressOf(id), body, attempt } as const;
    return outputsOf(id.text, id.project, await rest.ask<ProtectedEnvironment>(call));
  },

  delete: (id, _state, rest) =>
    removed(rest.ask({ method: "DELETE", path: addressOf(id), attempt: `unprotect ${environmentIn(id)}` })),
};

const addressOf = (id: Id) => inProject(id.project, "protected_environments", id.parts[0]!);
const environmentIn = (id: Id) => `the environment ${id.parts[0]} of ${id.project}`;

function protection(id: Id, rest: Rest): Promise<ProtectedEnvironment> {
  const attempt = `read the protection of ${environmentIn(id)}`;
  return rest.ask<ProtectedEnvironment>({ method: "GET", path: addressOf(id), attempt });
}

/** GitLab Free doesn't know the address; the plugin says as much. */
function withTier(error: Error, id: Id): never {
  if (!isGone(error) || /Project Not Found/i.test(error.message)) throw error;
  throw new Error(
    `GitLab has no protected environments in ${id.project}: they take GitLab Premium. ${error.message}`,
    { cause: error },
  );
}

function levelsIn(inputs: Props): Wanted[] {
  return objects(inputs["deployAccessLevelsAttributes"]).map(({ accessLevel }) => ({
    access_level: levelOf(accessLevel),
  }));
}

function rulesIn(inputs: Props): Wanted[] {
  return objects(inputs["approvalRules"]).map(({ accessLevel, requiredApprovals }) => ({
    access_level: levelOf(accessLevel),
    required_approvals: Number(requiredApprovals ?? 1),
  }));
}

/** An entry for a role keeps its number; one that isn't wanted any more has to be named to go. */
function changesTo(had: readonly DeployLevel[], wanted: readonly Wanted[]): object[] {
  const left = [...had];
  const kept = wanted.map((one) => {
    const at = left.findIndex(({ access_level }) => access_level === one.access_level);
    return at < 0 ? one : { ...one, id: left.splice(at, 1)[0]!.id };
  });
  return [...kept, ...left.map(({ id, access_level }) => ({ id, access_level, _destroy: true }))];
}

function outputsOf(id: string, project: string, found: ProtectedEnvironment): Props {
  const role = (one: DeployLevel) => ({
    accessLevel: levelName(one.access_level),
    accessLevelDescription: one.access_level_description ?? "",
    id: one.id,
  });
  return {
    id,
    project,
    environment: found.name,
    deployAccessLevelsAttributes: found.deploy_access_levels.map(role),
    approvalRules: (found.approval_rules ?? []).map((one) => ({
      ...role(one),
      requiredApprovals: one.required_approvals,
    })),
  };
}
