import { type Caller, Level, levelOf, mustRead, mustWrite } from "./base/caller";
import { ApiFailure, badParameter, failure, notInSandbox } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body, Route } from "./base/request";
import type { PipelineSchedule, ScheduleVariable } from "./store";

/** A project's pipeline schedules. Nothing runs by them here: there are no pipelines, so no `next_run_at` either. */
export const pipelineScheduleRoutes: readonly Route[] = [
  ["GET", "/pipeline_schedules", list],
  ["POST", "/pipeline_schedules", create],
  ["GET", "/pipeline_schedules/#", get],
  ["PUT", "/pipeline_schedules/#", update],
  ["DELETE", "/pipeline_schedules/#", remove],
  ["POST", "/pipeline_schedules/#/take_ownership", takeOwnership],
  ["POST", "/pipeline_schedules/#/variables", createVariable],
  ["PUT", "/pipeline_schedules/#/variables/*", updateVariable],
  ["DELETE", "/pipeline_schedules/#/variables/*", removeVariable],
];

/** The five fields of cron: the least and the most of each. */
const CRON: readonly (readonly [least: number, most: number])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
];

function list(request: ApiRequest): ApiAnswer {
  mustRead(request.caller);
  const scope = request.address.searchParams.get("scope");
  if (scope !== null && scope !== "active" && scope !== "inactive")
    throw badParameter("scope does not have a valid value");
  const found = schedulesOf(request).filter(({ active }) => !scope || active === (scope === "active"));
  const { items, headers } = paginate(found, request.address);
  return { status: 200, body: items.map(briefJson), headers };
}

function get(request: ApiRequest): ApiAnswer {
  mustRead(request.caller);
  const found = findSchedule(request);
  return { status: 200, body: mayEdit(found, request.caller) ? wholeJson(found) : briefJson(found) };
}

function create({ caller, store, project, body }: ApiRequest): ApiAnswer {
  mustWrite(caller, Level.developer);
  const now = new Date().toISOString();
  const created: PipelineSchedule = {
    id: store.nextId(),
    project,
    description: body.text("description"),
    ref: body.text("ref"),
    cron: body.text("cron"),
    cron_timezone: "UTC",
    active: true,
    ...settingsIn(body),
    owner: caller.user,
    variables: [],
    created_at: now,
    updated_at: now,
  };
  store.content.pipelineSchedules.push(created);
  store.changed();
  return { status: 201, body: wholeJson(created) };
}

function update(request: ApiRequest): ApiAnswer {
  const found = owned(request);
  Object.assign(found, settingsIn(request.body), { updated_at: new Date().toISOString() });
  request.store.changed();
  return { status: 200, body: wholeJson(found) };
}

/** Its owner may, and who maintains the project. */
function remove(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.developer);
  const { content } = request.store;
  const found = findSchedule(request);
  if (!mayEdit(found, request.caller) && levelOf(request.caller.token) < Level.maintainer)
    throw failure(403, "Forbidden");
  content.pipelineSchedules = content.pipelineSchedules.filter((one) => one !== found);
  request.store.changed();
  return { status: 204 };
}

function takeOwnership(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const found = findSchedule(request);
  found.owner = request.caller.user;
  request.store.changed();
  return { status: 201, body: wholeJson(found) };
}

function createVariable(request: ApiRequest): ApiAnswer {
  const found = owned(request);
  const { body, store } = request;
  const created: ScheduleVariable = {
    key: body.text("key"),
    value: body.text("value"),
    variable_type: typeIn(body) ?? "env_var",
    raw: false,
  };
  if (!/^[a-zA-Z0-9_]{1,255}$/.test(created.key))
    throw problem("key", "can contain only letters, digits and '_'.");
  if (found.variables.some(({ key }) => key === created.key)) throw problem("key", "has already been taken");
  found.variables.push(created);
  store.changed();
  return { status: 201, body: created };
}

function updateVariable(request: ApiRequest): ApiAnswer {
  const variable = findVariable(owned(request), request);
  variable.value = request.body.optional("value") ?? variable.value;
  variable.variable_type = typeIn(request.body) ?? variable.variable_type;
  request.store.changed();
  return { status: 200, body: variable };
}

function removeVariable(request: ApiRequest): ApiAnswer {
  const found = owned(request);
  const variable = findVariable(found, request);
  found.variables = found.variables.filter((one) => one !== variable);
  request.store.changed();
  return { status: 202, body: variable };
}

function settingsIn(body: Body): Partial<PipelineSchedule> {
  if (body.has("inputs")) throw notInSandbox("inputs of pipeline schedules");
  const [description, ref, cron] = [
    body.optional("description"),
    body.optional("ref"),
    body.optional("cron"),
  ];
  const [zone, active] = [body.optional("cron_timezone"), body.optional("active")];
  if (cron !== undefined && !isCron(cron)) throw problem("cron", "syntax is invalid");
  if (zone !== undefined && !isTimezone(zone)) throw problem("cron_timezone", "syntax is invalid");
  return {
    ...(description !== undefined && { description }),
    // GitLab takes a short name, too, and makes it a full one.
    ...(ref !== undefined && { ref: ref.startsWith("refs/") ? ref : `refs/heads/${ref}` }),
    ...(cron !== undefined && { cron }),
    ...(zone !== undefined && { cron_timezone: zone }),
    ...(active !== undefined && { active: active === "true" }),
  };
}

/** Five fields of numbers, `*`, ranges, steps and lists; what else GitLab's Fugit takes is refused. */
function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/);
  return fields.length === CRON.length && fields.every((field, index) => isCronField(field, ...CRON[index]!));
}

function isCronField(field: string, least: number, most: number): boolean {
  return field.split(",").every((part) => {
    const matched = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/[1-9]\d*)?$/.exec(part);
    const ends = matched?.slice(1).filter((end) => end !== undefined) ?? [];
    return matched !== null && ends.every((end) => Number(end) >= least && Number(end) <= most);
  });
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function typeIn(body: Body): ScheduleVariable["variable_type"] | undefined {
  const given = body.optional("variable_type");
  if (given === undefined || given === "env_var" || given === "file") return given;
  throw badParameter("variable_type does not have a valid value");
}

const problem = (field: string, words: string) => new ApiFailure(400, { message: { [field]: [words] } });

function schedulesOf({ store, project }: ApiRequest): PipelineSchedule[] {
  return store.content.pipelineSchedules.filter((one) => one.project === project);
}

function findSchedule(request: ApiRequest): PipelineSchedule {
  const found = schedulesOf(request).find(({ id }) => id === request.numbers[0]);
  if (!found) throw failure(404, "Pipeline Schedule Not Found");
  return found;
}

function findVariable({ variables }: PipelineSchedule, { parts }: ApiRequest): ScheduleVariable {
  const found = variables.find(({ key }) => key === parts[0]);
  if (!found) throw failure(404, "Pipeline Schedule Variable Not Found");
  return found;
}

/** A schedule runs as its owner, so nobody else may say what. Who maintains the project can take it over. */
function owned(request: ApiRequest): PipelineSchedule {
  mustWrite(request.caller, Level.developer);
  const found = findSchedule(request);
  if (!mayEdit(found, request.caller)) throw failure(403, "Forbidden");
  return found;
}

function mayEdit({ owner }: PipelineSchedule, { user }: Caller): boolean {
  return owner.id === user.id;
}

function briefJson({ project: _, variables: __, ...one }: PipelineSchedule): object {
  return one;
}

function wholeJson({ project: _, ...one }: PipelineSchedule): object {
  return one;
}
