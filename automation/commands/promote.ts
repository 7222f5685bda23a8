import { fileLabel } from "../../components/gitops/target-file";
import { everyApp, type Release } from "../../components/settings/settings";
import { expectation } from "../change/expectation";
import { heldTo } from "../change/held-state";
import { diffOption, outOption, showChange, showTo } from "../change/show-change";
import { engineFailure } from "../engine/engine-error";
import { projectFile, updateJob } from "../gitlab/gitlab";
import { lookAtClusters } from "../gitops/look-at-clusters";
import { deployPinned } from "../releases/deploy-pinned";
import { commitOption } from "../releases/pin-commit";
import { promotable } from "../releases/promotable";
import { runningDigests, runningIn } from "../releases/running-digests";
import { stackOutputs } from "../releases/stack-outputs";
import { findServices } from "../services/find-services";
import { readHistory } from "../stack/history";
import { openStack } from "../stack/open-stack";
import { StackFile } from "../stack-file/stack-file";
import { oneApp } from "../terminal/apps";
import { appOption, defineCommand, tellOption, verboseOption } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import type { Report } from "../terminal/report";

export const promote = defineCommand({
  name: "promote",
  summary: "Deploy what one stack runs in another, by digest, and pin it there",
  effect: "changes the stack",
  args: [
    { name: "<from>", summary: "the stack that runs the release, as dev", values: "stacks" },
    { name: "<to>", summary: "the stack that is to run it, as prod", values: "stacks" },
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
    diffOption,
    verboseOption,
  ],
  example: "berth promote dev prod --release 3f2a91c04d7e",
  async run({ args, options, report }) {
    const [from, to] = args;
    refuseContradictions(from, to, options);
    const shown = options.preview ? showTo(options) : undefined;
    const job = options.note && !shown ? updateJob() : undefined;
    const expected = options.expect === undefined ? undefined : expectation(options.expect);
    const file = await StackFile.open(to);
    const project = options.commit ? projectFile(file.path) : undefined;
    const app = oneApp(everyApp(file.settings()), options.app);
    const release = { ...(await releaseOf(from, app, options.release, report)), from };
    const open = await openStack(to);
    open.file.mustHold(app);
    open.file.planned = [{ app, release }];
    if (shown) {
      await showChange(open, shown, report);
      return Exit.done;
    }
    const preview = `berth promote ${from} ${to} --preview`;
    const held = expected && (await heldTo(expected, open, report, preview));
    const again = "this once more";
    const pin = { app, release, again, title: `Release ${app} ${release.tag} to ${to}` };
    await deployPinned(open, { pin, project, held, job }, report);
    return Exit.done;
  },
});

interface Wish {
  readonly preview?: boolean | undefined;
  readonly out?: string | undefined;
  readonly expect?: string | undefined;
  readonly commit?: boolean | undefined;
}

function refuseContradictions(from: string, to: string, { preview, out, expect, commit }: Wish): void {
  const refuse = (why: string): never => {
    throw new CommandError(why, Exit.usage);
  };
  if (from === to) refuse(`A release is promoted to another stack, not from ${from} to itself.`);
  const applying = expect !== undefined ? "expect" : commit ? "commit" : undefined;
  if (preview && applying) refuse(`--preview applies nothing, so --${applying} can't go with it.`);
  if (!preview && out !== undefined) refuse("--out is for what --preview shows.");
}

async function releaseOf(
  from: string,
  app: string,
  wish: string | undefined,
  report: Report,
): Promise<Release> {
  const open = await openStack(from);
  const settings = open.file.settings();
  // Also one that waits there: a pipeline that promotes from stack to stack has the commit before the first pin.
  oneApp(everyApp(settings), app);
  const wanted = everyApp(settings).filter(({ name }) => name === app);
  for (const target of wanted.flatMap(({ gitops }) => gitops))
    if (!target.cluster)
      report.say(`${from} writes ${app} to ${fileLabel(target)}; nobody looked whether pods run it.`);
  const [history, outputs, services, workloads] = await Promise.all([
    readHistory(from).catch(engineFailure),
    stackOutputs(open),
    findServices(open.before, settings),
    lookAtClusters(wanted),
  ]);
  for (const { unasked, workload, problem } of workloads)
    if (unasked) report.say(`Nobody looked whether pods of ${workload} run ${app}: ${problem}`);
  const asked = workloads.filter(({ unasked }) => !unasked);
  const running = [...runningDigests(services, app), ...runningIn(asked, app)];
  return promotable({ from, app, history, release: outputs.apps?.[app]?.release, running, asked: wish });
}
