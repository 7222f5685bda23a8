import * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "../../base/shape";
import type { Fields, Kind } from "../object/kind";
import { NexusObject, type NexusObjectArgs } from "../object/nexus-object";
import type { Call } from "../rest/call";
import { UiApiMissing } from "../rest/ui-api";
import {
  allTasks,
  changeTask,
  createTask,
  removeTask,
  type ServerTask,
  type Task as TaskFields,
  taskTypes,
} from "../tasks/task-api";

export interface TaskArgs extends NexusObjectArgs {
  /** What the task is found by: Nexus lets several have one name, Berth doesn't. */
  readonly name: pulumi.Input<string>;
  /** `blobstore.compact`, `repository.docker.gc` … An unknown one is refused with those that the server has. */
  readonly type: pulumi.Input<string>;
  /** Settings of that type: `{blobstoreName: "docker"}`. What isn't named keeps its value. */
  readonly properties?: pulumi.Input<{ readonly [name: string]: pulumi.Input<string> }>;
  /** `manual`, or Quartz's cron with seconds: `0 0 3 * * ?` is every night at three. @default "manual" */
  readonly schedule?: pulumi.Input<string>;
  /** @default true */
  readonly enabled?: pulumi.Input<boolean>;
  readonly alertEmail?: pulumi.Input<string>;
  /** When to send the mail. @default "FAILURE" */
  readonly notificationCondition?: pulumi.Input<"FAILURE" | "SUCCESS_FAILURE">;
}

/**
 * A scheduled or manual task. `/v1/tasks` where the server takes tasks by REST (from about 3.74), else the API of Nexus's
 * own UI, which works on 3.71 and promises nothing.
 */
export const task: Kind = {
  name: "Task",
  noun: "task",
  id: (want) => String(want.name),
  read: async (call, id) => {
    const found = await taskNamed(call, id);
    return found && { ...found };
  },
  create: async (call, want) => {
    const reason = await typeComplaint(call, want);
    if (reason) throw new Error(reason);
    await createTask(call, fieldsOf(want));
  },
  update: async (call, _id, merged, { existing, want }) => {
    // An adopted one may be of another type, which would take settings that mean something else to it.
    if (existing.type !== want.type) {
      throw new Error(
        `The task "${want.name}" is of type ${existing.type} in Nexus and can't become one of type ${want.type}. ` +
          "Delete it there, or give yours another name.",
      );
    }
    await changeTask(call, existing as unknown as ServerTask, fieldsOf(merged));
  },
  remove: async (call, id) => {
    const found = await taskNamed(call, id);
    if (found) await removeTask(call, found.id);
  },
  fixed: ["name", "type"],
  conflict: (call, _id, want) => typeComplaint(call, want),
};

/** What Nexus does by the clock. */
export class Task extends NexusObject {
  constructor(name: string, args: TaskArgs, opts?: pulumi.CustomResourceOptions) {
    const { schedule = "manual", enabled = true, properties = {}, ...same } = args;
    const given = pulumi.output(schedule);
    const fields = {
      ...same,
      enabled,
      properties,
      schedule: given.apply((text) => (text === "manual" ? "manual" : "cron")),
      cronExpression: given.apply((text) => (text === "manual" ? undefined : text)),
    };
    super(task, name, fields, opts);
  }
}

/** @throws where there are several: which one is meant can't be told */
async function taskNamed(call: Call, name: string): Promise<ServerTask | undefined> {
  const found = (await allTasks(call)).filter((one) => one.name === name);
  if (found.length <= 1) return found[0];
  throw new Error(
    `Nexus has ${found.length} tasks named "${name}" (${found.map(({ id, type }) => `${type} ${id}`).join(", ")}). ` +
      "Berth finds a task by its name: rename or delete all but one of them.",
  );
}

/** Why the server can't have a task of this type. */
async function typeComplaint(call: Call, want: Fields): Promise<string | undefined> {
  const who = `The task "${want.name}"`;
  try {
    const types = await taskTypes(call);
    const known = types.find(({ type }) => type === want.type);
    const open = types.filter(({ internal }) => !internal).map(({ type }) => type);
    if (want.type === UNKNOWN || (known && !known.internal)) return undefined;
    const why = known ? "which only Nexus itself creates" : "which this Nexus does not have";
    return `${who} is of type "${want.type}", ${why}; it takes ${open.sort().join(", ")}.`;
  } catch (error) {
    if (!(error instanceof UiApiMissing)) throw error;
    return `${who} can't be managed: this Nexus takes tasks neither by REST (3.74 and newer do) nor by its UI's API. ${error.message}`;
  }
}

function fieldsOf(fields: Fields): TaskFields {
  const { name, type, enabled, schedule, cronExpression, alertEmail, notificationCondition, properties } =
    fields as Partial<TaskFields>;
  return {
    name: String(name),
    type: String(type),
    enabled: enabled ?? true,
    schedule: schedule ?? "manual",
    cronExpression,
    alertEmail,
    notificationCondition,
    properties: properties ?? {},
  };
}
