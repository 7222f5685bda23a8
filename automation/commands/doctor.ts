import { lookAtAll } from "../doctor/doctor";
import { findingsText } from "../doctor/findings-text";
import { subjectOf } from "../doctor/subject";
import { defineCommand, stackArgument, stackName } from "../terminal/command";
import { Exit } from "../terminal/exit";

export const doctor = defineCommand({
  name: "doctor",
  summary:
    "Look at all that the stack needs, and say what to do about what is wrong; exit 1 where something is",
  effect: "read-only",
  args: [stackArgument],
  example: "berth doctor prod",
  async run({ args: [given], report }) {
    const stack = stackName(given);
    const isNamed = given !== undefined || process.env.BERTH_STACK !== undefined;
    const findings = await lookAtAll(await subjectOf(stack, isNamed));
    report.data({ stack, findings }, () => findingsText(findings));
    return findings.some(({ state }) => state === "fail") ? Exit.failed : Exit.done;
  },
});
