import { objectOf } from "../../values/json-object";
import { type Fields, listIn, pageIn } from "../rest/answer-shape";
import type { Call } from "../rest/call";
import { uiCall } from "../rest/ui-api";

/** A task as we speak of it, whichever API tells or takes it. */
export interface Task {
  readonly name: string;
  readonly type: string;
  readonly enabled: boolean;
  /** `manual`, `cron`, or one of the UI's others: once, hourly, daily, weekly, monthly. */
  readonly schedule: string;
  readonly cronExpression?: string | undefined;
  readonly alertEmail?: string | undefined;
  readonly notificationCondition?: string | undefined;
  /** Without Nexus's internals: `.name`, `.updated`, `lastRunState.endState` … */
  readonly properties: { readonly [name: string]: string };
}

export interface ServerTask extends Task {
  readonly id: string;
}

export interface TaskType {
  readonly type: string;
  /** Nexus makes such tasks itself and takes none from outside. */
  readonly internal: boolean;
}

/** POST /v1/tasks came about 3.74; before, the UI's own API is the only way (measured on 3.71). */
async function writesByRest(call: Call): Promise<boolean> {
  return (await call.facts()).offers("POST", "/v1/tasks");
}

/** The first versions with POST /v1/tasks tell only name, type and state by REST. */
async function readsByRest(call: Call): Promise<boolean> {
  return (await call.facts()).fieldsOf("TaskXO").includes("cronExpression");
}

/** @throws UiApiMissing where no API of this server tells them */
export async function allTasks(call: Call): Promise<ServerTask[]> {
  if (!(await readsByRest(call))) {
    const tasks = await uiCall(call, "coreui_Task", "read", null, { repeatable: true });
    return listIn({ body: tasks }).map(fromServer);
  }
  const tasks: Fields[] = [];
  let token: string | undefined;
  do {
    const query = token ? `?continuationToken=${encodeURIComponent(token)}` : "";
    const page = pageIn(await call("GET", `/v1/tasks${query}`, [200]));
    tasks.push(...page.items);
    token = page.continuationToken;
  } while (token);
  return tasks.map(fromServer);
}

/** The types of task that this server knows. The REST API lists those that it takes, the UI's all. */
export async function taskTypes(call: Call): Promise<TaskType[]> {
  if (await writesByRest(call)) {
    const templates = listIn(await call("GET", "/v1/tasks/templates", [200]));
    return templates.map(({ type }) => ({ type: String(type), internal: false }));
  }
  const types = await uiCall(call, "coreui_Task", "readTypes", null, { repeatable: true });
  return listIn({ body: types }).map(({ id, exposed }) => ({
    type: String(id),
    internal: !exposed,
  }));
}

export async function createTask(call: Call, task: Task): Promise<void> {
  if (await writesByRest(call)) await call("POST", "/v1/tasks", [200, 201, 204], forRest(task));
  else await uiCall(call, "coreui_Task", "create", [{ id: "new", ...forUi(task) }], { repeatable: false });
}

export async function changeTask(call: Call, existing: ServerTask, task: Task): Promise<void> {
  const { id } = existing;
  if (await writesByRest(call)) {
    const { type: _type, ...body } = forRest(task); // a PUT must not name the type
    await call("PUT", `/v1/tasks/${encodeURIComponent(id)}`, [200, 204], body);
    return;
  }
  const body = forUi(task);
  // Here a property that is left out stays as it is; null takes it away.
  const gone = Object.fromEntries(Object.keys(existing.properties).map((key) => [key, null]));
  const data = [{ id, ...body, properties: { ...gone, ...body.properties } }];
  await uiCall(call, "coreui_Task", "update", data, { repeatable: true });
}

export async function removeTask(call: Call, id: string): Promise<void> {
  if (await writesByRest(call)) await call("DELETE", `/v1/tasks/${encodeURIComponent(id)}`, [200, 204, 404]);
  else await uiCall(call, "coreui_Task", "remove", [id], { repeatable: true });
}

/** As either API tells it: REST calls the type `type` and cron `cron` or `advanced`, the UI's `typeId` and `advanced`. */
function fromServer(told: Fields): ServerTask {
  const text = (name: string) => (typeof told[name] === "string" ? told[name] : undefined);
  const schedule = text("schedule");
  const properties = Object.entries(objectOf(told["properties"])).filter(
    ([key, value]) => !/^(\.|lastRunState\.)/.test(key) && value !== null,
  );
  return {
    id: String(told["id"]),
    name: String(told["name"]),
    type: String(told["typeId"] ?? told["type"]),
    enabled: told["enabled"] !== false,
    schedule: schedule === "advanced" ? "cron" : (schedule ?? "manual"),
    cronExpression: text("cronExpression"),
    alertEmail: text("alertEmail"),
    notificationCondition: text("notificationCondition"),
    properties: Object.fromEntries(properties.map(([key, value]) => [key, String(value)])),
  };
}

/** `TaskTemplateXO`, from Nexus's OpenAPI documents of 3.74–3.94. */
function forRest(task: Task) {
  const { name, type, enabled, schedule, cronExpression, alertEmail, properties } = task;
  return {
    name,
    type,
    enabled,
    alertEmail, // left out where there is none: null is no text
    notificationCondition: task.notificationCondition ?? "FAILURE",
    frequency: schedule === "cron" ? { schedule, cronExpression } : { schedule },
    properties,
  };
}

/** What the UI of 3.71 sends. */
function forUi(task: Task) {
  const { name, type, enabled, schedule, cronExpression, alertEmail, properties } = task;
  return {
    typeId: type,
    enabled,
    name,
    alertEmail: alertEmail ?? null,
    notificationCondition: task.notificationCondition ?? "FAILURE",
    schedule: schedule === "cron" ? "advanced" : schedule,
    cronExpression: cronExpression ?? null,
    properties,
    recurringDays: [],
    startDate: null,
    timeZoneOffset: "+00:00",
  };
}
