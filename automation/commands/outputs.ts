import { maskedOutputs } from "../apply";
import { type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { engineFailure, type OpenStack, openStack } from "../open-stack";
import { outline } from "../report";

export const outputs: Command = {
  name: "outputs",
  summary: "Show the stack's outputs: URLs, accounts, releases",
  effect: "read-only",
  args: [stackArgument],
  options: [{ flags: "--show-secrets", summary: "print the passwords too" }],
  example: "berth outputs dev --json",
  async run({ args: [stack], options, report }) {
    const open = await openStack(stackName(stack));
    const shown = options["showSecrets"] ? await plainOutputs(open) : await maskedOutputs(open);
    report.data(shown, () => outline(shown));
    return Exit.done;
  },
};

async function plainOutputs({ stack }: OpenStack): Promise<Record<string, unknown>> {
  const all = await stack.outputs().catch(engineFailure);
  return Object.fromEntries(Object.entries(all).map(([name, { value }]) => [name, value]));
}
