import { messageOf } from "../../components/values/error-facts";
import { noteContext } from "../change/note/publish";
import type { StackState } from "../engine/stack-state";
import { gitlabRun } from "../gitlab/gitlab";
import type { ProjectIssues, PutIssue } from "../gitlab/project-issues";
import type { Report } from "../terminal/report";
import type { Drift } from "./drift";
import { driftMarker, renderIssue } from "./drift-issue";

export type ToldIssue = PutIssue | { readonly problem: string };

/** Opens, updates or closes the stack's issue. What GitLab has against it is said, and given back. @param state tells whose it is */
export async function publishIssue(
  issues: ProjectIssues,
  drift: Drift,
  { identity }: StackState,
  report: Report,
): Promise<ToldIssue> {
  const context = { ...noteContext(undefined, identity?.identity), whole: gitlabRun().job };
  const marker = driftMarker(drift, context);
  const found = drift.resources.length > 0;
  if (!found && drift.unseen.length > 0) {
    const problem = "not everything could be looked at, so that nobody knows whether the drift is gone";
    report.say(`No issue was changed: ${problem}.`);
    return { problem };
  }
  try {
    const put = found
      ? await issues.put(marker, renderIssue(drift, context))
      : await issues.end(marker, "The drift is gone.");
    const where = put.url ? `: ${put.url}` : "";
    report.say(
      put.result === "left"
        ? `No issue was changed: ${put.why}${where}`
        : `The issue was ${put.result}${where}`,
    );
    return put;
  } catch (error) {
    const problem = messageOf(error);
    report.say(`The issue could not be written. ${problem}`);
    return { problem };
  }
}
