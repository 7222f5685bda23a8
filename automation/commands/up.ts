import { apply } from "../apply";
import { oneApp } from "../apps";
import { appOption, type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { deletionsIn, describeDeletion } from "../nexus/deletion";
import { managedObjects } from "../nexus/managed";
import { outOfSettings } from "../nexus/planned-deletions";
import { openStack } from "../open-stack";

export const up: Command = {
  name: "up",
  summary: "Apply: Nexus, images, copies and deployments as the stack's files say",
  effect: "changes the stack",
  args: [stackArgument],
  options: [
    { flags: "--unpin", summary: "take the release's pin away first: build and deploy the working commit" },
    appOption,
  ],
  example: "berth up dev",
  async run({ args: [stack], options, report }) {
    const open = await openStack(stackName(stack));
    if (options["unpin"]) {
      const app = oneApp(open.file.settings().apps, options["app"] as string | undefined);
      open.file.pin(app, undefined);
      report.say(`${app} is no longer pinned in ${open.file.path}.`);
    }
    const planned = outOfSettings(await managedObjects(open.name), open.file.settings().nexus);
    for (const deletion of await deletionsIn(open, planned)) report.say(describeDeletion(deletion));
    await apply(open, report);
    return Exit.done;
  },
};
