import { openApi, uiAnswer, uiRefusal } from "./nexus-kind";
import type { Call, Reply } from "./scripted-nexus";

type Json = Record<string, unknown>;

interface FakeTask {
  readonly id: string;
  name: string;
  readonly type: string;
  enabled: boolean;
  schedule: string;
  cronExpression: string | null;
  alertEmail: string | null;
  notificationCondition: string;
  properties: Record<string, string>;
  lastRun: string | null;
  lastRunResult: string | null;
  /** Looks at it until the run is over. */
  busy: number;
}

const STATE = ["id", "name", "type", "message", "currentState", "lastRunResult", "nextRun", "lastRun"];

/** What the servers say of themselves: 3.71, the first with POST /v1/tasks, and today's, which also tell all of a task. */
export const taskDocuments = {
  "3.71": openApi(["GET /v1/tasks"], { TaskXO: STATE }),
  "3.74": openApi(["GET /v1/tasks", "POST /v1/tasks"], { TaskXO: STATE }),
  today: openApi(["GET /v1/tasks", "POST /v1/tasks"], { TaskXO: [...STATE, "cronExpression"] }),
};

/**
 * The tasks of a Nexus, as its REST API and its UI's tell and take them (measured on 3.71; the newer REST API after its
 * OpenAPI documents).
 */
export class ScriptedTasks {
  readonly list: FakeTask[] = [];
  readonly types = ["blobstore.compact", "repository.purge-unused"];
  /** Looks at a task until its run is over. */
  runLasts = 1;
  result = "OK";
  /** What a run does. */
  onRun: (task: FakeTask) => void = () => undefined;
  private count = 0;

  add(task: Partial<FakeTask>): FakeTask {
    const made = {
      id: `id-${++this.count}`,
      name: "a task",
      type: "blobstore.compact",
      enabled: true,
      schedule: "manual",
      cronExpression: null,
      alertEmail: null,
      notificationCondition: "FAILURE",
      properties: {},
      lastRun: null,
      lastRunResult: null,
      busy: 0,
      ...task,
    };
    this.list.push(made);
    return made;
  }

  /** Undefined for what isn't about tasks. */
  answer({ method, path, body }: Call): Reply | undefined {
    if (path === "/service/extdirect") return this.ui(body as Json);
    const [, id, verb] = /^\/service\/rest\/v1\/tasks(?:\/([^/?]+))?(?:\/(\w+))?/.exec(path) ?? [];
    if (!path.startsWith("/service/rest/v1/tasks")) return undefined;
    if (id === "templates") return { status: 200, body: this.types.map((type) => ({ type, name: type })) };
    if (!id) return method === "POST" ? this.take(body as Json) : { status: 200, body: this.page() };
    const task = this.list.find((one) => one.id === id);
    if (!task) return { status: 404 };
    if (verb === "run") return this.run(task);
    if (method === "GET") return { status: 200, body: this.look(task) };
    if (method === "DELETE") this.list.splice(this.list.indexOf(task), 1);
    else if ("type" in (body as Json))
      return { status: 400, body: [{ id: "type", message: "must be null" }] };
    else Object.assign(task, fromRest(body as Json));
    return { status: 204 };
  }

  private take(body: Json): Reply {
    return { status: 201, body: { id: this.add(fromRest(body)).id } };
  }

  private page(): Json {
    const items = this.list.map((task) => ({ ...task, schedule: uiSchedule(task.schedule) }));
    return { items, continuationToken: null };
  }

  private run(task: FakeTask): Reply {
    if (!task.enabled) return { status: 405 };
    if (task.busy > 0) return { status: 500 };
    task.busy = this.runLasts;
    return { status: 204 };
  }

  /** A run goes on while it is looked at, and is over after some looks. */
  private look(task: FakeTask): Json {
    const running = task.busy > 0;
    if (running && --task.busy === 0) {
      task.lastRun = `run ${++this.count}`;
      task.lastRunResult = this.result;
      this.onRun(task);
    }
    const { id, name, type, lastRun, lastRunResult } = task;
    return { id, name, type, currentState: running ? "RUNNING" : "WAITING", lastRun, lastRunResult };
  }

  private ui({ action, method, data }: Json): Reply {
    if (action !== "coreui_Task") return { status: 500 };
    const [given] = (data ?? []) as Json[];
    switch (method) {
      case "read":
        return uiAnswer(this.list.map(forUi));
      case "readTypes":
        return uiAnswer([
          ...this.types.map((id) => ({ id, exposed: true })),
          { id: "assetBlob.cleanup", exposed: false },
        ]);
      case "create":
        return given!["cronExpression"] === "bad"
          ? uiRefusal({ message: "CronExpression 'bad' is invalid." })
          : uiAnswer(forUi(this.add(fromUi(given!))));
      case "update":
        return this.update(given!);
      default:
        this.list.splice(0, this.list.length, ...this.list.filter(({ id }) => id !== (given as unknown)));
        return uiAnswer(null);
    }
  }

  private update(given: Json): Reply {
    const task = this.list.find(({ id }) => id === given["id"]);
    if (!task) return uiRefusal({ message: `Task with id '${given["id"]}' not found` });
    const { properties, ...rest } = fromUi(given);
    const merged = Object.entries({ ...task.properties, ...properties }).filter(
      ([, value]) => value !== null,
    );
    Object.assign(task, rest, { properties: Object.fromEntries(merged) });
    return uiAnswer(forUi(task));
  }
}

const uiSchedule = (schedule: string) => (schedule === "cron" ? "advanced" : schedule);

function fromRest({ frequency, ...rest }: Json): Partial<FakeTask> {
  const { schedule, cronExpression = null } = frequency as Json;
  return { ...rest, schedule, cronExpression } as Partial<FakeTask>;
}

function fromUi({ id: _id, typeId, schedule, ...rest }: Json): Partial<FakeTask> {
  const { recurringDays, startDate, timeZoneOffset, ...known } = rest;
  return {
    ...known,
    type: typeId,
    schedule: schedule === "advanced" ? "cron" : schedule,
  } as Partial<FakeTask>;
}

function forUi({ type, schedule, properties, busy: _busy, ...rest }: FakeTask): Json {
  const internals = { ".name": rest.name, ".updated": String(Math.random()), "lastRunState.endState": "OK" };
  return {
    ...rest,
    typeId: type,
    schedule: uiSchedule(schedule),
    properties: { ...properties, ...internals },
  };
}
