import { knowSettings } from "../change/secrets/known-settings";
import { reachable, unseenText } from "../drift/reachable";
import { ChangedResources, describeChanges } from "../engine/changed-resources";
import { lookAtHosts } from "../stack/look-at-hosts";
import { openStack } from "../stack/open-stack";
import { withLock } from "../stack/with-lock";
import { told } from "../story/told";
import { defineCommand, stackArgument, stackName, verboseOption } from "../terminal/command";
import { Exit } from "../terminal/exit";
import { colorOf } from "../terminal/report";

/** What can't be looked at now stays in the state as it is, and the exit code is 1. */
export const refresh = defineCommand({
  name: "refresh",
  summary: "Bring the stack's state up to date with the world",
  effect: "changes the stack",
  args: [stackArgument],
  options: [verboseOption],
  example: "berth refresh dev",
  async run({ args: [stack], report }) {
    const open = await openStack(stackName(stack));
    await knowSettings(open);
    const { silent } = await lookAtHosts(open.before);
    const { urns, unseen } = await reachable(open.before, silent);
    for (const one of unseen) report.say(unseenText(one));
    const asked = {
      color: colorOf(),
      showSecrets: false,
      onOutput: report.engine,
      ...(urns && { target: [...urns] }),
    };
    const touched = new ChangedResources();
    const tale = { kind: "look", meanwhile: "looking at what there is", report } as const;
    await withLock(open, report, (run) =>
      told(touched.besides(run), tale, (watched) => open.stack.refresh({ ...asked, ...watched })),
    );
    const changes = touched.summary;
    report.data({ changes, unseen }, () => describeChanges(changes));
    return unseen.length > 0 ? Exit.failed : Exit.done;
  },
});
