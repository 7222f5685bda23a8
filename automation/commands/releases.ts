import { oneApp } from "../apps";
import { appOption, type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { openStack } from "../open-stack";
import { openReleases } from "../releases/open-releases";
import { releaseList, releasesText } from "../releases/releases-text";
import { runningDigests } from "../releases/running-digests";
import { findServices } from "../services/find-services";

export const releases: Command = {
  name: "releases",
  summary: "List what was deployed when and by whom, and which release runs where",
  effect: "read-only",
  args: [stackArgument],
  options: [appOption],
  example: "berth releases prod --app blog",
  async run({ args: [stack], options, report }) {
    const open = await openStack(stackName(stack));
    const settings = open.file.settings();
    const all = [...settings.apps, ...settings.waiting];
    const apps = options["app"] ? [oneApp(all, options["app"] as string)] : all.map(({ name }) => name);
    const [past, services] = await Promise.all([
      openReleases(open.name, open.before),
      findServices(open.before, settings),
    ]);
    const lists = apps.map((app) => {
      const was = all.find(({ name }) => name === app)?.was;
      const list = releaseList(app, past.deployments(app), runningDigests(services, app));
      return was === undefined ? list : { ...list, was };
    });
    report.data(lists, () => releasesText(lists));
    return Exit.done;
  },
};
