import type { Release } from "../../components/settings";
import { oneApp } from "../apps";
import { expectation } from "../change/expectation";
import { heldTo } from "../change/held-state";
import { outOption, showChange, showTo } from "../change/show-change";
import { projectFile, updateJob } from "../ci/gitlab";
import { appOption, type Command, type Invocation, tellOption } from "../command";
import { engineFailure } from "../engine-error";
import { CommandError, Exit } from "../exit";
import { readHistory } from "../history";
import { openStack } from "../open-stack";
import { deployPinned } from "../releases/deploy-pinned";
import { commitOption } from "../releases/pin-commit";
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
    { flags: "--preview", summary: "show what it would change in <to>; nothing is applied, nothing pinned" },
    outOption,
    {
      flags: "--expect <hash>",
      summary: "promote only what --preview has shown: its hash, or its preview.json",
    },
    commitOption,
    { ...tellOption, summary: `${tellOption.summary}; with --preview: show it in the merge request` },
  ],
  example: "berth promote dev prod --release 3f2a91c04d7e",
  async run({ args, options, report }) {
    const [from, to] = args as [string, string];
    refuseContradictions(from, to, options);
    const shown = options["preview"] ? showTo(options) : undefined;
    const job = options["note"] && !shown ? updateJob() : undefined;
    const expected = options["expect"] === undefined ? undefined : expectation(String(options["expect"]));
    const file = await StackFile.open(to);
    const project = options["commit"] ? projectFile(file.path) : undefined;
    const { apps, waiting } = file.settings();
    const app = oneApp([...apps, ...waiting], options["app"] as string | undefined);
    const release = { ...(await releaseOf(from, app, options["release"] as string | undefined)), from };
    const open = await openStack(to);
    open.file.mustHold(app);
    open.file.planned = [{ app, release }];
    if (shown) {
      await showChange(open, shown, report);
      return Exit.done;
    }
    const preview = `berth promote ${from} ${to} --preview`;
    const held = expected && (await heldTo(expected, open, report, preview));
    const pin = { app, release, title: `Release ${app} ${release.tag} to ${to}` };
    await deployPinned(open, { pin, project, held, job }, report);
    return Exit.done;
  },
};

function refuseContradictions(from: string, to: string, options: Invocation["options"]): void {
  const refuse = (why: string): never => {
    throw new CommandError(why, Exit.usage);
  };
  if (from === to) refuse(`A release is promoted to another stack, not from ${from} to itself.`);
  const given = (names: string[]) => names.filter((name) => options[name] !== undefined);
  const [applying] = given(["expect", "commit"]);
  if (options["preview"] && applying) refuse(`--preview applies nothing, so --${applying} can't go with it.`);
  if (!options["preview"] && options["out"] !== undefined) refuse("--out is for what --preview shows.");
}

async function releaseOf(from: string, app: string, asked: string | undefined): Promise<Release> {
  const open = await openStack(from);
  const settings = open.file.settings();
  oneApp(settings.apps, app);
  const [history, outputs, services] = await Promise.all([
    readHistory(from).catch(engineFailure),
    stackOutputs(open),
    findServices(open.before, settings),
  ]);
  const running = runningDigests(services, app);
  return promotable({ from, app, history, release: outputs.apps?.[app]?.release, running, asked });
}
