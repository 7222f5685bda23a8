import type { Props } from "../provider";
import { field, oneOf } from "../schema/field";
import { text } from "../schema/value";
import { bodyOf, type GitlabResource, inProject, removed, unlessGone } from "./resource";
import type { Rest } from "./rest";

interface Variable {
  key: string;
  value: string | null;
  variable_type: string;
  protected: boolean;
  masked: boolean;
  hidden: boolean;
  raw: boolean;
  environment_scope: string;
  description: string | null;
}

const COMPUTED = { computed: true };
const REPLACE = { replace: true };

const CHANGEABLE = {
  value: "value",
  variableType: "variable_type",
  protected: "protected",
  masked: "masked",
  raw: "raw",
  description: "description",
};

/** `gitlab:index/projectVariable:ProjectVariable`, by the id `project:key:scope`. */
export const projectVariable: GitlabResource = {
  fields: {
    project: field("string", { ...REPLACE, required: true }),
    key: field("string", { ...REPLACE, required: true, accept: isKey }),
    value: field("string", { required: true }),
    variableType: field("string", { ...COMPUTED, accept: oneOf("env_var", "file") }),
    protected: field("boolean", COMPUTED),
    masked: field("boolean", COMPUTED),
    hidden: field("boolean", { ...COMPUTED, ...REPLACE }),
    raw: field("boolean", COMPUTED),
    description: field("string", COMPUTED),
    environmentScope: field("string", { ...REPLACE, empty: "*" }),
  },

  async create(inputs, rest) {
    if (inputs["hidden"] === true && inputs["masked"] !== true)
      throw new Error(`The variable ${text(inputs["key"])} can't be hidden without being masked`);
    const body = {
      ...bodyOf(inputs, { ...CHANGEABLE, key: "key" }),
      environment_scope: scopeOf(inputs),
      ...(inputs["hidden"] === true && { masked: false, masked_and_hidden: true }),
    };
    const path = inProject(inputs["project"], "variables");
    const attempt = `create the variable ${nameOf(inputs)}`;
    const made = await rest.ask<Variable>({ method: "POST", path, body, attempt });
    const id = [text(inputs["project"]), made.key, made.environment_scope].join(":");
    return { id, outputs: outputsOf(id, inputs, made) };
  },

  async read(id, state, rest) {
    const [key = "", scope = "*"] = id.parts;
    const path = addressOf(id.project, key, scope);
    const attempt = `read the variable ${key} of ${id.project}`;
    const found = await unlessGone(rest.ask<Variable>({ method: "GET", path, attempt }));
    return found && outputsOf(id.text, { ...state, project: id.project }, found);
  },

  async update(id, inputs, _old, rest) {
    const path = addressOf(id.project, text(inputs["key"]), scopeOf(inputs));
    const body = bodyOf(inputs, CHANGEABLE);
    const attempt = `update the variable ${nameOf(inputs)}`;
    return outputsOf(id.text, inputs, await rest.ask<Variable>({ method: "PUT", path, body, attempt }));
  },

  delete: (id, _state, rest) => remove(id.project, id.parts, rest),
};

async function remove(
  project: string,
  [key = "", scope = "*"]: readonly string[],
  rest: Rest,
): Promise<void> {
  const attempt = `delete the variable ${key} of ${project}`;
  await removed(rest.ask({ method: "DELETE", path: addressOf(project, key, scope), attempt }));
}

function isKey(value: Props[string]): string | undefined {
  return /^[a-zA-Z0-9_]{1,255}$/.test(text(value)) ? undefined : "may hold only A-Z, a-z, 0-9 and _";
}

function addressOf(project: string, key: string, scope: string): string {
  const filter = new URLSearchParams({ "filter[environment_scope]": scope });
  return `${inProject(project, "variables", key)}?${filter}`;
}

function outputsOf(id: string, state: Props, found: Variable): Props {
  return {
    id,
    project: state["project"]!,
    key: found.key,
    variableType: found.variable_type,
    // What is hidden isn't told.
    value: found.hidden ? (state["value"] ?? null) : found.value,
    protected: found.protected,
    masked: found.masked,
    hidden: found.hidden,
    raw: found.raw,
    environmentScope: found.environment_scope,
    description: found.description ?? "",
  };
}

const scopeOf = (inputs: Props) => text(inputs["environmentScope"]) || "*";

const nameOf = (inputs: Props) =>
  `${text(inputs["key"])} (scope ${scopeOf(inputs)}) of ${text(inputs["project"])}`;
