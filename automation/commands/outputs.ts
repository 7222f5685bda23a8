import { resolve } from "node:path";
import { maskedOutputs, plainOutputs } from "../engine/outputs";
import { openStack } from "../stack/open-stack";
import { appOption, defineCommand, stackArgument, stackName } from "../terminal/command";
import { type DeployedApp, dotenvLines } from "../terminal/dotenv";
import { Exit } from "../terminal/exit";
import { outline } from "../terminal/report";
import { writeResult } from "../terminal/write-result";

export const outputs = defineCommand({
  name: "outputs",
  summary: "Show the stack's outputs: URLs, accounts, releases",
  effect: "read-only",
  args: [stackArgument],
  options: [
    { flags: "--show-secrets", summary: "print the passwords too" },
    {
      flags: "--dotenv <file>",
      summary: "write digests, tags and addresses of the apps there, as GitLab's dotenv report",
      values: "files",
    },
    appOption,
  ],
  example: "berth outputs dev --json",
  async run({ args: [stack], options, report }) {
    // Relative to where the command was called; opening the stack goes to the project.
    const dotenv = options.dotenv === undefined ? undefined : resolve(options.dotenv);
    const { name } = await openStack(stackName(stack));
    const shown = await (options.showSecrets ? plainOutputs(name) : maskedOutputs(name));
    if (dotenv !== undefined) {
      const { apps = {} } = shown as { apps?: Readonly<Record<string, DeployedApp>> };
      writeResult("--dotenv", dotenv, dotenvLines(apps, options.app));
      report.say(`Digests, tags and addresses: ${dotenv}`);
    }
    report.data(shown, () => outline(shown));
    return Exit.done;
  },
});
