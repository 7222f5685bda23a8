import { fileLabel } from "../../components/gitops/target-file";
import { everyApp } from "../../components/settings/settings";
import { lookAtClusters } from "../gitops/look-at-clusters";
import { openReleases } from "../releases/open-releases";
import { releaseList, releasesText } from "../releases/releases-text";
import { runningDigests, runningIn } from "../releases/running-digests";
import { findServices } from "../services/find-services";
import { openStack } from "../stack/open-stack";
import { oneApp } from "../terminal/apps";
import { appOption, defineCommand, stackArgument, stackName } from "../terminal/command";
import { Exit } from "../terminal/exit";
import { outputColumns } from "../terminal/text-table";

export const releases = defineCommand({
  name: "releases",
  summary: "List what was deployed when and by whom, and which release runs where",
  effect: "read-only",
  args: [stackArgument],
  options: [appOption],
  example: "berth releases prod --app blog",
  async run({ args: [stack], options, report }) {
    const open = await openStack(stackName(stack));
    const settings = open.file.settings();
    const all = everyApp(settings);
    const apps = options.app ? [oneApp(all, options.app)] : all.map(({ name }) => name);
    const [past, services, workloads] = await Promise.all([
      openReleases(open.name, open.before),
      findServices(open.before, settings),
      lookAtClusters(all.filter(({ name }) => apps.includes(name))),
    ]);
    const lists = apps.map((app) => {
      const { was, gitops = [] } = all.find(({ name }) => name === app) ?? {};
      const running = [...runningDigests(services, app), ...runningIn(workloads, app)];
      const list = releaseList(app, past.deployments(app), running);
      const files = gitops.filter(({ cluster }) => !cluster).map(fileLabel);
      return { ...list, ...(was !== undefined && { was }), ...(files.length > 0 && { files }) };
    });
    report.data(lists, () => releasesText(lists, outputColumns()));
    return Exit.done;
  },
});
