import { readFileSync } from "node:fs";
import { type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { engineError } from "../../automation/engine/engine-error";
import { engineCommand } from "../../automation/engine/engine-process";
import { knownStack } from "../../automation/engine/known-stack";
import { type Action, sizeOf, type Task } from "./shape";

type Counts = { readonly [operation: string]: number | undefined };

/**
 * One timed action of a Pulumi contender, in a process of its own and with the engine asked as a person's `berth up` asks it:
 * `pulumi-step.ts ACTION TASK_FILE [no-op]` in the project's folder. Prints the seconds of the operation alone.
 * Ends with an error where the operation did anything but what was to be timed.
 */
async function main(action: Action, file: string, noOp: boolean): Promise<void> {
  const task = JSON.parse(readFileSync(file, "utf8")) as Task;
  const load = () => require("./program") as typeof import("./program");
  const program = async () => (noOp ? load().declareNoOps : load().declare)(task);
  const where = { workDir: process.cwd(), pulumiCommand: await engineCommand(), program };
  const args = { stackName: "bench", projectName: "bench-nexus", program };
  if (action === "create") await LocalWorkspace.createOrSelectStack(args, where);
  const stack = await knownStack("bench", where);
  const began = process.hrtime.bigint();
  const operation = perform(stack, action);
  // While this process waits for the engine's.
  if (action !== "refresh" && action !== "destroy") load();
  const counts = await operation;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  expectOnly(action === "create" ? "create" : action === "destroy" ? "delete" : "same", counts, task);
  process.stdout.write(`${seconds}\n`);
}

async function perform(stack: Stack, action: Action): Promise<Counts> {
  let counts: Counts = {};
  const asked = {
    showSecrets: false,
    onEvent: ({ summaryEvent }: EngineEvent) => {
      if (summaryEvent) counts = summaryEvent.resourceChanges;
    },
  };
  const operations = {
    create: "up",
    up: "up",
    preview: "preview",
    refresh: "refresh",
    destroy: "destroy",
  } as const;
  await stack[operations[action]](asked);
  return counts;
}

/** All of it and nothing else; the stack itself is counted by some operations. */
function expectOnly(op: string, changes: Counts, { shape }: Task): void {
  const count = changes[op] ?? 0;
  const others = Object.keys(changes).filter((other) => other !== op && changes[other]);
  if (others.length === 0 && count - sizeOf(shape) >= 0 && count - sizeOf(shape) <= 1) return;
  throw new Error(`expected ${sizeOf(shape)} × ${op}, found ${JSON.stringify(changes)}`);
}

const [action, file, flavour] = process.argv.slice(2);
main(action as Action, file!, flavour === "no-op").catch((error: unknown) => {
  console.error(engineError(error));
  process.exitCode = 1;
});
