import { clientAccess } from "../../components/registry/registry-access";
import { resolveDigest } from "../../components/registry/resolve";
import { appRepository } from "../../components/settings/gitlab-settings";
import { everyApp, type Release } from "../../components/settings/settings";
import { diffOption, outOption, showChange, showTo } from "../change/show-change";
import { projectFile, updateJob } from "../gitlab/gitlab";
import { deployPinned } from "../releases/deploy-pinned";
import { openReleases } from "../releases/open-releases";
import { commitOption } from "../releases/pin-commit";
import { accessOf, type StackOutputs, stackOutputs } from "../releases/stack-outputs";
import { warnOfLostTags } from "../releases/warn-of-lost-tags";
import { type BackArgs, releaseToGoBackTo } from "../releases/way-back";
import { type OpenStack, openStack } from "../stack/open-stack";
import { oneApp } from "../terminal/apps";
import {
  appOption,
  defineCommand,
  stackArgument,
  stackName,
  tellOption,
  verboseOption,
} from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import type { Report } from "../terminal/report";

export const rollback = defineCommand({
  name: "rollback",
  summary: "Deploy an earlier release again and pin the app to it",
  effect: "changes the stack",
  args: [stackArgument],
  options: [
    {
      flags: "--to <release>",
      summary: "the release, by its tag or digest (the one before the running one)",
    },
    appOption,
    {
      flags: "--preview",
      summary: "show what going back would change; nothing is applied, nothing pinned, git stays as it is",
    },
    outOption,
    commitOption,
    { ...tellOption, summary: `${tellOption.summary}; with --preview: show it in the merge request` },
    diffOption,
    verboseOption,
  ],
  example: "berth rollback dev --to 3f2a91c04d7e",
  async run({ args: [stack], options, report }) {
    refuseContradictions(options);
    const shown = options.preview ? showTo(options) : undefined;
    const job = options.note && !shown ? updateJob() : undefined;
    const open = await openStack(stackName(stack));
    const project = options.commit ? projectFile(open.file.path) : undefined;
    // Also those that wait: a pipeline that promotes for the first time has the commit before the pin.
    const apps = everyApp(open.file.settings());
    const app = oneApp(apps, options.app);
    open.file.mustHold(app);
    const { was, image, imageOf } = apps.find(({ name }) => name === app)!;
    const release = await earlierRelease(
      open,
      { app, was, to: options.to, isGiven: (image ?? imageOf) !== undefined },
      report,
    );
    if (shown) {
      open.file.planned = [{ app, release }];
      report.say(`${app} would go back to ${release.tag} (${release.digest}).`);
      await showChange(open, shown, report);
      return Exit.done;
    }
    // Without --to the same once more goes back further.
    const command = `berth rollback ${open.name}${options.app ? ` --app ${app}` : ""} --to ${release.tag} --commit`;
    const again = `${command}, or this job again with BERTH_RELEASE=${release.tag}`;
    const pin = { app, release, again, title: `Roll ${app} back to ${release.tag} on ${open.name}` };
    await deployPinned(open, { pin, project, job, isUrgent: true }, report);
    return Exit.done;
  },
});

interface Wish {
  readonly preview?: boolean | undefined;
  readonly out?: string | undefined;
  readonly commit?: boolean | undefined;
}

/** @throws CommandError (exit 2) */
function refuseContradictions({ preview, out, commit }: Wish): void {
  if (preview && commit)
    throw new CommandError("--preview applies nothing, so --commit can't go with it.", Exit.usage);
  if (!preview && out !== undefined) throw new CommandError("--out is for what --preview shows.", Exit.usage);
}

/** The release to go back to, with the digest that it had, which is what is deployed whatever became of its tag. */
async function earlierRelease(
  open: OpenStack,
  { app, was, to, isGiven }: Pick<BackArgs, "app" | "was" | "to"> & { readonly isGiven: boolean },
  report: Report,
): Promise<Release> {
  const [outputs, releases] = await Promise.all([stackOutputs(open), openReleases(open.name, open.before)]);
  const running = outputs.apps?.[app]?.release.tag;
  if (running === undefined) {
    const never = `The stack ${open.name} has never deployed ${app}`;
    throw new CommandError(
      was !== undefined && outputs.apps?.[was]
        ? `${never}: there it is ${was} still. First rename it (berth up ${open.name}), or take back the new name, to go back.`
        : `${never}: there is nothing to go back to.`,
    );
  }
  const { history } = releases;
  const tag = releaseToGoBackTo({ app, was, running, history, deployments: releases.deployments(app), to });
  const { dockerHosted, accounts } = outputs as Required<StackOutputs>;
  const nexus = `${dockerHosted}/${app}`;
  // Updates of older versions of berth left no digest behind; tags don't move in Nexus.
  const known = releases.digest(app, tag);
  const access = accessOf(outputs);
  const logins = { [dockerHosted]: accounts.puller };
  const digest = known ?? (await resolveDigest(`${nexus}:${tag}`, logins, clientAccess(access)));
  const origin = isGiven ? undefined : appRepository(open.file.settings().gitlab, { name: app });
  await warnOfLostTags(
    { app, tag, image: `${nexus}@${digest}`, ...accounts.puller, ...access, origin },
    report,
  );
  return { tag, digest };
}
