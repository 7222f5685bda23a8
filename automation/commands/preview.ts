import { diffOption, outOption, showChange, showTo } from "../change/show-change";
import { openStack } from "../stack/open-stack";
import { defineCommand, stackArgument, stackName, verboseOption } from "../terminal/command";
import { Exit } from "../terminal/exit";

export const preview = defineCommand({
  name: "preview",
  summary: "Show what `up` would change",
  effect: "read-only",
  args: [stackArgument],
  options: [
    { flags: "--note", summary: "write it into the merge request of the GitLab job ($BERTH_GITLAB_TOKEN)" },
    outOption,
    diffOption,
    verboseOption,
  ],
  example: "berth preview dev --out change",
  async run({ args: [stack], options, report }) {
    const to = showTo(options);
    await showChange(await openStack(stackName(stack)), to, report);
    return Exit.done;
  },
});
