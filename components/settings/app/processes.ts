import { z } from "zod";
import { expected, listOf, megabytes, name, recordOf, seconds, text, variables, within } from "../fields";
import { healthSchema } from "../health-settings";

/** `processes` of an app: what runs beside what serves, of the same release. docs/deploy.md has examples. */

/** More of one are for another tool: each has its memory, and all of them stand before the traffic moves. */
const MOST_COPIES = 50;

const process = z.strictObject({
  command: listOf(text("a word"), "a list of words")
    .min(1, expected("at least one word"))
    .meta({
      description: "What it runs, through the image's entry point where it has one.",
      examples: [["python", "worker.py"]],
    }),
  servers: listOf(name(), "a list of servers")
    .min(1, expected("at least one server"))
    .optional()
    .describe("Those of the app's servers that run it. Without it: all of them."),
  count: within(1, MOST_COPIES, `a number of containers, 1 to ${MOST_COPIES}`)
    .default(1)
    .meta({
      description:
        "Containers of it on each of its servers. `memory`, `cpus` and `drainTimeout` are of each of them.",
      examples: [3],
    }),
  env: variables()
    .optional()
    .describe("Environment variables of its own, beside the app's or in place of one. No secrets."),
  memory: megabytes(6)
    .optional()
    .describe("Megabytes of memory that it may use at most. Without it: as many as the app's."),
  cpus: z
    .number(expected("a number of processors above 0"))
    .positive(expected("a number of processors above 0"))
    .optional()
    .describe("Processors that it may use at most. Without it: as the app."),
  health: healthSchema
    .optional()
    .describe(
      "How it shows that it is fit. Without it: it goes on running. The image's HEALTHCHECK is of what serves, and isn't asked.",
    ),
  drainTimeout: seconds()
    .optional()
    .describe(
      "Seconds that one of the release before may go on with what it has begun, before it is killed. Without it: as the app's. No update waits for it.",
    ),
});

export const processesSchema = recordOf(process, "processes", name())
  .default({})
  .describe(
    "Name → what runs beside what serves: same image, environment, secrets, volumes and network, no traffic. For servers.",
  );

export type ProcessFields = z.infer<typeof process>;

/** The names of a process's containers on a server: `worker`, `worker-2`, `worker-3`. Another number leaves those in both alone. */
export function copiesOf(process: string, { count }: Pick<ProcessFields, "count">): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? process : `${process}-${index + 1}`));
}

interface Processes {
  readonly secretEnv: readonly string[];
  readonly servers: readonly string[];
  readonly processes: Readonly<Record<string, ProcessFields>>;
}

type At = (path: readonly string[], message: string) => void;

/** What no single field of `processes` can know. */
export function checkProcesses({ servers, processes, secretEnv }: Processes, problem: At): void {
  for (const [name, { servers: on = [], health, env = {} }] of Object.entries(processes)) {
    for (const variable of secretEnv.filter((one) => Object.hasOwn(env, one)))
      problem(["processes", name, "env", variable], "secretEnv has it as well: leave one of the two out");
    for (const [index, server] of on.entries()) {
      if (!servers.includes(server))
        problem(
          ["processes", name, "servers"],
          `expected some of the app's servers, ${servers.join(", ")}, got "${server}"`,
        );
      if (on.indexOf(server) !== index) problem(["processes", name, "servers"], `${server} is given twice`);
    }
    if (typeof health === "object" && "path" in health && health.port === undefined)
      problem(["processes", name, "health"], "expected port beside path: a process has no port of its own");
  }
}
