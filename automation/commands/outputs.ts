import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { maskedOutputs } from "../apply";
import { appOption, type Command, stackArgument, stackName } from "../command";
import { type DeployedApp, dotenvLines } from "../dotenv";
import { engineFailure } from "../engine-error";
import { Exit } from "../exit";
import { type OpenStack, openStack } from "../open-stack";
import { outline } from "../report";

export const outputs: Command = {
  name: "outputs",
  summary: "Show the stack's outputs: URLs, accounts, releases",
  effect: "read-only",
  args: [stackArgument],
  options: [
    { flags: "--show-secrets", summary: "print the passwords too" },
    {
      flags: "--dotenv <file>",
      summary: "write digests, tags and addresses of the apps there, as GitLab's dotenv report",
    },
    appOption,
  ],
  example: "berth outputs dev --json",
  async run({ args: [stack], options, report }) {
    // Relative to where the command was called; opening the stack goes to the project.
    const dotenv = options["dotenv"] === undefined ? undefined : resolve(String(options["dotenv"]));
    const open = await openStack(stackName(stack));
    const shown = options["showSecrets"] ? await plainOutputs(open) : await maskedOutputs(open);
    if (dotenv !== undefined) {
      const { apps = {} } = shown as { apps?: Readonly<Record<string, DeployedApp>> };
      writeFileSync(dotenv, dotenvLines(apps, options["app"] as string | undefined));
      report.say(`Digests, tags and addresses: ${dotenv}`);
    }
    report.data(shown, () => outline(shown));
    return Exit.done;
  },
};

async function plainOutputs({ stack }: OpenStack): Promise<Record<string, unknown>> {
  const all = await stack.outputs().catch(engineFailure);
  return Object.fromEntries(Object.entries(all).map(([name, { value }]) => [name, value]));
}
