import { LocalWorkspace, type LocalWorkspaceOptions, Stack } from "@pulumi/pulumi/automation";

/**
 * A stack that is there, for the Automation API, which then asks the engine nothing that nobody here reads. Each start of the
 * engine takes a while: to select the stack, and after an operation for its outputs, twice, and for its history. What counts of
 * those is in the engine's events.
 */
export async function knownStack(name: string, where: LocalWorkspaceOptions): Promise<Stack> {
  const workspace = await LocalWorkspace.create(where);
  workspace.selectStack = async () => undefined;
  const stack = await Stack.select(name, workspace);
  stack.outputs = async () => ({});
  stack.info = async () => undefined;
  return stack;
}
