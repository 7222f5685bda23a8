import { readFileSync, writeFileSync } from "node:fs";
import { TAKE_OVER } from "../../components/stack-identity";
import { apply } from "../apply";
import { oneApp } from "../apps";
import { type Expectation, expectation } from "../change/expectation";
import { heldTo } from "../change/held-state";
import { type UpdateJob, updateJob } from "../ci/gitlab";
import { appOption, type Command, stackArgument, stackName, tellOption } from "../command";
import { CommandError, Exit } from "../exit";
import { deletionsIn, describeDeletion } from "../nexus/deletion";
import { managedObjects } from "../nexus/managed";
import { outOfSettings } from "../nexus/planned-deletions";
import { type OpenStack, openStack } from "../open-stack";
import type { Report } from "../report";
import { describeLoss, lossesOf, refuseLosses, volumesOutOfSettings } from "../volume-losses";

export const up: Command = {
  name: "up",
  summary: "Apply: Nexus, images, copies and deployments as the stack's files say",
  effect: "changes the stack",
  args: [stackArgument],
  options: [
    { flags: "--unpin", summary: "take the release's pin away first: build and deploy the working commit" },
    {
      flags: "--expect <hash>",
      summary:
        "apply only what was reviewed: the hash of a preview, or its preview.json (exit 3 where it differs)",
    },
    {
      flags: "--take-over <owner>",
      summary:
        "the stack's GitLab project was renamed or moved: that is what it was, as the refusal names it",
    },
    appOption,
    tellOption,
  ],
  example: "berth up dev",
  async run({ args: [stack], options, report }) {
    const job = options["note"] ? updateJob() : undefined;
    const expected = options["expect"] === undefined ? undefined : expectation(String(options["expect"]));
    if (options["takeOver"]) process.env[TAKE_OVER] = String(options["takeOver"]);
    const open = await openStack(stackName(stack));
    const putBack = options["unpin"] ? unpin(open, options["app"] as string | undefined, report) : undefined;
    try {
      await update(open, { expected, job }, report);
    } catch (error) {
      if (error instanceof CommandError && error.exit === Exit.differs) putBack?.();
      throw error;
    }
    return Exit.done;
  },
};

interface Wish {
  readonly expected: Expectation | undefined;
  readonly job: UpdateJob | undefined;
}

async function update(open: OpenStack, { expected, job }: Wish, report: Report): Promise<void> {
  const held = expected && (await heldTo(expected, open, report));
  const settings = open.file.settings();
  const losses = await lossesOf(volumesOutOfSettings(open.before, settings));
  refuseLosses(open.name, losses);
  for (const loss of losses) report.say(describeLoss(loss));
  const planned = outOfSettings(managedObjects(open.before), settings.nexus);
  for (const deletion of await deletionsIn(open, planned)) report.say(describeDeletion(deletion));
  for (const { name } of settings.waiting) {
    report.say(`${name} waits for its first release: berth promote FROM ${open.name}`);
  }
  await apply(open, report, { held, job });
}

/** @returns puts the file back as it was, for where nothing is applied */
function unpin({ file, ...open }: OpenStack, asked: string | undefined, report: Report): () => void {
  const app = oneApp(file.settings().apps, asked);
  refuseWithoutBuild({ file, ...open }, app);
  const before = readFileSync(file.path, "utf8");
  file.pin(app, undefined);
  report.say(`${app} is no longer pinned in ${file.path}.`);
  return () => {
    writeFileSync(file.path, before);
    report.say(`${app} is pinned again as it was.`);
  };
}

/** @throws CommandError (exit 2) where nothing would be left to deploy */
function refuseWithoutBuild({ file, name }: OpenStack, app: string): void {
  const { build } = file.settings().apps.find((one) => one.name === app)!;
  if (build) return;
  throw new CommandError(
    `${name} doesn't build ${app}, so its release can't be taken away. Another one: berth promote FROM ${name}, or berth rollback ${name}`,
    Exit.usage,
  );
}
