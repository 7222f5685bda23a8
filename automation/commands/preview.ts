import { outOption, showChange, showTo } from "../change/show-change";
import { type Command, stackArgument, stackName } from "../command";
import { Exit } from "../exit";
import { openStack } from "../open-stack";

export const preview: Command = {
  name: "preview",
  summary: "Show what `up` would change",
  effect: "read-only",
  args: [stackArgument],
  options: [
    { flags: "--note", summary: "write it into the merge request of the GitLab job ($BERTH_GITLAB_TOKEN)" },
    outOption,
  ],
  example: "berth preview dev --out change",
  async run({ args: [stack], options, report }) {
    const to = showTo(options);
    await showChange(await openStack(stackName(stack)), to, report);
    return Exit.done;
  },
};
