import type { Release } from "../../components/settings";
import { apply } from "../apply";
import { oneApp } from "../apps";
import { updateJob } from "../ci/gitlab";
import { appOption, type Command, tellOption } from "../command";
import { CommandError, Exit } from "../exit";
import { readHistory } from "../history";
import { engineFailure, openStack } from "../open-stack";
import { promotable } from "../releases/promotable";
import { runningDigests } from "../releases/running-digests";
import { stackOutputs } from "../releases/stack-outputs";
import { findServices } from "../services/find-services";
import { StackFile } from "../stack-file";

export const promote: Command = {
  name: "promote",
  summary: "Deploy what one stack runs in another, by digest, and pin it there",
  effect: "changes the stack",
  args: [
    { name: "<from>", summary: "the stack that runs the release, as dev" },
    { name: "<to>", summary: "the stack that is to run it, as prod" },
  ],
  options: [
    { flags: "--release <release>", summary: "tag or digest that <from> must be running" },
    appOption,
    tellOption,
  ],
  example: "berth promote dev prod --release 3f2a91c04d7e",
  async run({ args, options, report }) {
    const job = options["note"] ? updateJob() : undefined;
    const [from, to] = args as [string, string];
    if (from === to)
      throw new CommandError(
        `A release is promoted to another stack, not from ${from} to itself.`,
        Exit.usage,
      );
    const { apps, waiting } = new StackFile(to).settings();
    const app = oneApp([...apps, ...waiting], options["app"] as string | undefined);
    const release = await releaseOf(from, app, options["release"] as string | undefined);
    const open = await openStack(to);
    open.file.pin(app, { ...release, from });
    report.say(`${app} is pinned to ${release.tag} (${release.digest}, from ${from}) in ${open.file.path}.`);
    await apply(open, report, { job });
    return Exit.done;
  },
};

async function releaseOf(from: string, app: string, asked: string | undefined): Promise<Release> {
  const open = await openStack(from);
  const settings = open.file.settings();
  oneApp(settings.apps, app);
  const [history, outputs, services] = await Promise.all([
    readHistory(from).catch(engineFailure),
    stackOutputs(open),
    findServices(from, settings),
  ]);
  const running = runningDigests(services, app);
  return promotable({ from, app, history, release: outputs.apps?.[app]?.release, running, asked });
}
