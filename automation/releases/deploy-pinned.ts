import type { ProjectFile } from "../../components/gitlab/api/project-file";
import type { OpenStack } from "../stack/open-stack";
import type { Report } from "../terminal/report";
import { type ApplyOptions, apply } from "../update/apply";
import { withChangedPins } from "./changed-pins";
import { type Pin, PinCommit } from "./pin-commit";

export interface DeployPinned extends ApplyOptions {
  readonly pin: Pin;
  /** Where the pin is committed, too. */
  readonly project: ProjectFile | undefined;
  /** Deployed also where it is known before that git can't be told: somebody waits for it. */
  readonly isUrgent?: boolean;
}

/**
 * Pins an app to a release in the stack's settings file and applies. Git is told last: after a deployment that failed it
 * still says what serves on, and nothing is deployed that it could not be told, unless it is urgent.
 */
export async function deployPinned(open: OpenStack, wish: DeployPinned, report: Report): Promise<void> {
  const { pin, project, isUrgent, ...options } = wish;
  const warn = isUrgent ? (line: string) => report.say(line) : undefined;
  const committing = project && (await PinCommit.prepare(project, pin, warn));
  await withChangedPins(open.file, [pin], report, async (onApplying) => {
    if (!project && process.env.CI)
      report.say("That is in this job's checkout only. In GitLab, --commit writes it to the default branch.");
    await apply(open, report, { ...options, onApplying });
  });
  await committing?.write(report);
}
