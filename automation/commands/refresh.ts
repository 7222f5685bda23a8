import { colorOf, describeChanges } from "../apply";
import { knowSettings } from "../change/known-settings";
import { changesOf } from "../changed-resources";
import { type Command, stackArgument, stackName } from "../command";
import { reachable, unseenText } from "../drift/reachable";
import { Exit } from "../exit";
import { lookAtHosts } from "../heal/look";
import { openStack } from "../open-stack";
import { withLock } from "../with-lock";

/** What can't be looked at now stays in the state as it is, and the exit code is 1. */
export const refresh: Command = {
  name: "refresh",
  summary: "Bring the stack's state up to date with the world",
  effect: "changes the stack",
  args: [stackArgument],
  example: "berth refresh dev",
  async run({ args: [stack], report }) {
    const open = await openStack(stackName(stack));
    await knowSettings(open);
    const { silent } = await lookAtHosts(open.before);
    const { urns, unseen } = await reachable(open.before, silent);
    for (const one of unseen) report.say(unseenText(one));
    const asked = { color: colorOf(), onOutput: report.engine, ...(urns && { target: [...urns] }) };
    const { summary } = await withLock(open, report, (run) => open.stack.refresh({ ...asked, ...run }));
    const changes = changesOf(summary.resourceChanges);
    report.data({ changes, unseen }, () => describeChanges(changes));
    return unseen.length > 0 ? Exit.failed : Exit.done;
  },
};
