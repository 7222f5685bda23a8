import { readFileSync } from "node:fs";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { type Action, sizeOf, type Task } from "./shape";

/**
 * One timed action of a Pulumi contender, in a process of its own as a person's `berth up` is:
 * `pulumi-step.ts ACTION TASK_FILE [no-op]` in the project's folder. Prints the seconds of the operation alone.
 * Ends with an error where the operation did anything but what was to be timed.
 */
async function main(action: Action, file: string, noOp: boolean): Promise<void> {
  const task = JSON.parse(readFileSync(file, "utf8")) as Task;
  const load = () => require("./program") as typeof import("./program");
  const program = async () => (noOp ? load().declareNoOps : load().declare)(task);
  const args = { stackName: "bench", projectName: "bench-nexus", program };
  const opening = LocalWorkspace.createOrSelectStack(args, { workDir: process.cwd() });
  // While this process waits for the engine's.
  if (action !== "refresh" && action !== "destroy") load();
  const stack = await opening;
  const began = process.hrtime.bigint();
  const changes = await perform(stack, action);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  expectOnly(action === "create" ? "create" : action === "destroy" ? "delete" : "same", changes, task);
  process.stdout.write(`${seconds}\n`);
}

async function perform(stack: Stack, action: Action): Promise<{ readonly [op: string]: number }> {
  switch (action) {
    case "create":
    case "up":
      return (await stack.up()).summary.resourceChanges ?? {};
    case "preview":
      return (await stack.preview()).changeSummary;
    case "refresh":
      return (await stack.refresh()).summary.resourceChanges ?? {};
    case "destroy":
      return (await stack.destroy()).summary.resourceChanges ?? {};
  }
}

/** All of it and nothing else; the stack itself is counted by some operations. */
function expectOnly(op: string, changes: { readonly [op: string]: number }, { shape }: Task): void {
  const count = changes[op] ?? 0;
  const others = Object.keys(changes).filter((other) => other !== op && changes[other] !== 0);
  if (others.length === 0 && count - sizeOf(shape) >= 0 && count - sizeOf(shape) <= 1) return;
  throw new Error(`expected ${sizeOf(shape)} × ${op}, found ${JSON.stringify(changes)}`);
}

const [action, file, flavour] = process.argv.slice(2);
main(action as Action, file!, flavour === "no-op").catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
