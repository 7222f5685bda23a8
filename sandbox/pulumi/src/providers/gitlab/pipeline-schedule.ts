import type { Props } from "../provider";
import { field, oneOf } from "../schema/field";
import { count, text } from "../schema/value";
import { bodyOf, type GitlabResource, type Id, inProject, unlessGone } from "./resource";

interface Schedule {
  id: number;
  description: string;
  ref: string;
  cron: string;
  cron_timezone: string;
  active: boolean;
  owner: { id: number } | null;
  /** Only told to the schedule's owner. */
  variables?: { key: string; value: string; variable_type: string }[];
}

const REPLACE = { replace: true };
const MADE = { computed: true, output: true };
const NAMES = { description: "description", ref: "ref", cron: "cron" };

/** `gitlab:index/pipelineSchedule:PipelineSchedule`, by the id `project:number`. */
export const pipelineSchedule: GitlabResource = {
  fields: {
    project: field("string", { ...REPLACE, required: true }),
    description: field("string", { required: true }),
    ref: field("string", { required: true }),
    cron: field("string", { required: true }),
    cronTimezone: field("string", { empty: "UTC" }),
    active: field("boolean", { empty: true }),
    takeOwnership: field("boolean", { empty: false }),
    pipelineScheduleId: field("number", MADE),
    owner: field("number", MADE),
  },

  async create(inputs, rest) {
    const path = inProject(inputs["project"], "pipeline_schedules");
    const attempt = `create the pipeline schedule "${text(inputs["description"])}" of ${text(inputs["project"])}`;
    const made = await rest.ask<Schedule>({ method: "POST", path, body: scheduleBody(inputs), attempt });
    const id = `${text(inputs["project"])}:${made.id}`;
    return { id, outputs: scheduleOutputs(id, inputs, made) };
  },

  async read(id, state, rest) {
    const call = { method: "GET", path: addressOf(id), attempt: `read ${scheduleIn(id)}` } as const;
    const found = await unlessGone(rest.ask<Schedule>(call));
    return found && scheduleOutputs(id.text, { ...state, project: id.project }, found);
  },

  async update(id, inputs, _old, rest) {
    if (inputs["takeOwnership"] === true) {
      const path = `${addressOf(id)}/take_ownership`;
      await rest.ask({ method: "POST", path, attempt: `take over ${scheduleIn(id)}` });
    }
    const body = scheduleBody(inputs);
    const call = { method: "PUT", path: addressOf(id), body, attempt: `update ${scheduleIn(id)}` } as const;
    return scheduleOutputs(id.text, inputs, await rest.ask<Schedule>(call));
  },

  async delete(id, _state, rest) {
    await rest.ask({ method: "DELETE", path: addressOf(id), attempt: `delete ${scheduleIn(id)}` });
  },
};

/** `gitlab:index/pipelineScheduleVariable:PipelineScheduleVariable`, by the id `project:schedule:key`. */
export const pipelineScheduleVariable: GitlabResource = {
  fields: {
    project: field("string", { ...REPLACE, required: true }),
    pipelineScheduleId: field("number", { ...REPLACE, required: true }),
    key: field("string", { ...REPLACE, required: true }),
    value: field("string", { required: true }),
    variableType: field("string", { empty: "env_var", accept: oneOf("env_var", "file") }),
  },

  async create(inputs, rest) {
    const schedule = count(inputs["pipelineScheduleId"]);
    const path = inProject(inputs["project"], "pipeline_schedules", schedule, "variables");
    const body = bodyOf(inputs, { key: "key", value: "value", variableType: "variable_type" });
    const attempt = `create the variable ${text(inputs["key"])} of pipeline schedule ${schedule}`;
    await rest.ask({ method: "POST", path, body, attempt });
    const id = `${text(inputs["project"])}:${schedule}:${text(inputs["key"])}`;
    return { id, outputs: { id, variableType: "env_var", ...inputs } };
  },

  async read(id, state, rest) {
    const [schedule = "", key = ""] = id.parts;
    const path = inProject(id.project, "pipeline_schedules", schedule);
    const attempt = `read the variables of ${scheduleIn(id)}`;
    const found = await unlessGone(rest.ask<Schedule>({ method: "GET", path, attempt }));
    const variable = found?.variables?.find((one) => one.key === key);
    if (!variable) return undefined;
    const { value, variable_type: variableType } = variable;
    const place = { project: id.project, pipelineScheduleId: Number(schedule), key };
    return { ...state, id: id.text, ...place, value, variableType };
  },

  async update(id, inputs, old, rest) {
    const body = bodyOf(inputs, { value: "value", variableType: "variable_type" });
    await rest.ask({ method: "PUT", path: variableAddress(id), body, attempt: `update ${variableIn(id)}` });
    return { ...old, variableType: "env_var", ...inputs };
  },

  async delete(id, _state, rest) {
    await rest.ask({ method: "DELETE", path: variableAddress(id), attempt: `delete ${variableIn(id)}` });
  },
};

const addressOf = (id: Id) => inProject(id.project, "pipeline_schedules", id.parts[0]!);
const scheduleIn = (id: Id) => `pipeline schedule ${id.parts[0]} of ${id.project}`;
const variableAddress = (id: Id) => `${addressOf(id)}/variables/${encodeURIComponent(id.parts[1]!)}`;
const variableIn = (id: Id) => `the variable ${id.parts[1]} of ${scheduleIn(id)}`;

function scheduleBody(inputs: Props): object {
  const { cronTimezone = "UTC", active = true } = inputs;
  return { ...bodyOf(inputs, NAMES), cron_timezone: cronTimezone, active };
}

function scheduleOutputs(id: string, state: Props, found: Schedule): Props {
  return {
    id,
    project: state["project"]!,
    description: found.description,
    ref: found.ref,
    cron: found.cron,
    cronTimezone: found.cron_timezone,
    active: found.active,
    owner: found.owner?.id ?? 0,
    takeOwnership: state["takeOwnership"] ?? false,
    pipelineScheduleId: found.id,
  };
}
