import { type ApplyOptions, apply } from "../apply";
import type { ProjectFile } from "../ci/project-file";
import { CommandError, Exit } from "../exit";
import type { OpenStack } from "../open-stack";
import type { Report } from "../report";
import { type Pin, PinCommit } from "./pin-commit";

export interface DeployPinned extends ApplyOptions {
  readonly pin: Pin;
  /** Where the pin is committed, too. */
  readonly project: ProjectFile | undefined;
}

/**
 * Pins an app to a release in the stack's settings file and applies. Git is told last: after a deployment that failed it
 * still says what serves on, and nothing is deployed that it could not be told.
 */
export async function deployPinned(open: OpenStack, wish: DeployPinned, report: Report): Promise<void> {
  const { pin, project, ...options } = wish;
  const { app, release } = pin;
  const committing = project && (await PinCommit.prepare(project, pin));
  const putBack = open.file.pin(app, release);
  const from = release.from ? `, from ${release.from}` : "";
  report.say(`${app} is pinned to ${release.tag} (${release.digest}${from}) in ${open.file.path}.`);
  if (!project && process.env.CI)
    report.say("That is in this job's checkout only. In GitLab, --commit writes it to the default branch.");
  try {
    await apply(open, report, options);
  } catch (error) {
    // It was not the change that was reviewed, and nothing was applied.
    if (error instanceof CommandError && error.exit === Exit.differs && putBack())
      report.say(`${open.file.path} is as it was.`);
    throw error;
  }
  await committing?.write(report);
}
