import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { messageOf } from "../../components/values/error-facts";
import { CommandError } from "../terminal/exit";
import type { ReportedDrift } from "./stack-report";

/** What counts here of a `Drift`, as `berth drift --json` prints it. */
const drift = z.object({
  stack: z.string(),
  resources: z.array(
    z.object({
      name: z.string(),
      what: z.string().optional(), // files of before have none
      state: z.enum(["gone", "changed"]),
      properties: z.array(z.object({ path: z.string() })),
    }),
  ),
  unseen: z.array(z.object({ why: z.string(), count: z.number() })),
});

/**
 * The result of a run of `berth drift`, by the file that it was written to. Of what differs the names alone.
 * @throws CommandError where there is none, or it is another stack's
 */
export function readDrift(file: string | undefined, stack: string): ReportedDrift {
  const how = `berth drift ${stack} --json > drift.json; berth report ${stack} --drift drift.json`;
  if (file === undefined) throw new CommandError(`No result of a run was given to this report: ${how}`);
  const found = readResult(file, how);
  if (found.stack !== stack)
    throw new CommandError(
      `${file} is the result of a run for the stack ${found.stack}, not for ${stack}: ${how}`,
    );
  const resources = found.resources.map(({ name, what = name, state, properties }) => ({
    name: what,
    state,
    properties: properties.map(({ path }) => path),
  }));
  return { when: statSync(file).mtime.toISOString(), resources, unseen: found.unseen };
}

function readResult(file: string, how: string): z.infer<typeof drift> {
  try {
    const result = drift.safeParse(JSON.parse(readFileSync(file, "utf8")));
    if (result.success) return result.data;
  } catch (error) {
    throw new CommandError(`${file} could not be read as the result of a run (${messageOf(error)}): ${how}`);
  }
  throw new CommandError(`${file} is no result of berth drift --json: ${how}`);
}
