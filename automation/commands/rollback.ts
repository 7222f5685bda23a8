import type { Stack } from "@pulumi/pulumi/automation";
import { resolveDigest } from "../../components/registry/resolve";
import type { Release } from "../../components/settings";
import { apply } from "../apply";
import { oneApp } from "../apps";
import { appOption, type Command, stackArgument, stackName } from "../command";
import { CommandError, Exit } from "../exit";
import { deployedTags } from "../history";
import { type OpenStack, openStack } from "../open-stack";

interface Outputs {
  readonly dockerHosted: string;
  readonly accounts: { readonly puller: { readonly username: string; readonly password: string } };
  readonly apps: { readonly [app: string]: { readonly release: Release } };
}

export const rollback: Command = {
  name: "rollback",
  summary: "Deploy an earlier release again and pin the app to it",
  effect: "changes the stack",
  args: [stackArgument],
  options: [{ flags: "--to <tag>", summary: "the release (the one before the running one)" }, appOption],
  example: "berth rollback dev --to 3f2a91c04d7e",
  async run({ args: [stack], options, report }) {
    const open = await openStack(stackName(stack));
    const app = oneApp(open.file.settings().apps, options["app"] as string | undefined);
    const release = await earlierRelease(open, app, options["to"] as string | undefined);
    open.file.pin(app, release);
    report.say(`${app} is pinned to ${release.tag} (${release.digest}) in ${open.file.path}.`);
    await apply(open, report);
    return Exit.done;
  },
};

/** The release to go back to, by the digest that its tag names in Nexus, where tags don't move. */
async function earlierRelease(
  { stack, name }: OpenStack,
  app: string,
  to: string | undefined,
): Promise<Release> {
  const outputs = await currentOutputs(stack);
  const running = outputs.apps?.[app]?.release;
  if (!running)
    throw new CommandError(`The stack ${name} has never deployed ${app}: there is nothing to go back to.`);
  const ran = deployedTags(await stack.history(), app);
  const earlier = ran.filter((tag) => tag !== running.tag);
  const tag = to ?? earlier[0];
  if (!tag || !ran.includes(tag)) {
    const known =
      earlier.length > 0 ? `It has run ${earlier.join(", ")}.` : "Its history holds no other release.";
    throw new CommandError(`${app} can't go back${to ? ` to ${to}` : ""}. ${known}`);
  }
  const { dockerHosted, accounts } = outputs as Outputs;
  const digest = await resolveDigest(`${dockerHosted}/${app}:${tag}`, { [dockerHosted]: accounts.puller });
  return { tag, digest };
}

async function currentOutputs(stack: Stack): Promise<Partial<Outputs>> {
  const outputs = await stack.outputs();
  return Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value]));
}
