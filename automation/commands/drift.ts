import { driftText } from "../drift/drift-text";
import { findDrift } from "../drift/find-drift";
import { publishIssue } from "../drift/publish-issue";
import { projectIssues } from "../gitlab/gitlab";
import { openStack } from "../stack/open-stack";
import { defineCommand, stackArgument, stackName, verboseOption } from "../terminal/command";
import { Exit } from "../terminal/exit";

export const drift = defineCommand({
  name: "drift",
  summary: "Compare what the stack manages with the world: exit 3 where something differs",
  effect: "read-only",
  args: [stackArgument],
  options: [
    {
      flags: "--issue",
      summary: "open, update or close an issue of the GitLab job's project ($BERTH_GITLAB_TOKEN)",
    },
    verboseOption,
  ],
  example: "berth drift prod --issue",
  async run({ args: [stack], options, report }) {
    const issues = options.issue ? projectIssues() : undefined;
    const open = await openStack(stackName(stack));
    const found = await findDrift(open, report);
    const issue = issues && (await publishIssue(issues, found, open.before, report));
    report.data({ ...found, issue }, () => driftText(found));
    if (found.resources.length > 0) return Exit.differs;
    if (found.unseen.length > 0) return Exit.failed;
    // An issue that stays open says something that isn't so.
    return issue && "problem" in issue ? Exit.failed : Exit.done;
  },
});
