import type { ProjectFile } from "../../components/gitlab/api/project-file";
import type { Release } from "../../components/settings/settings";
import { messageOf } from "../../components/values/error-facts";
import { gitlabRun } from "../gitlab/gitlab";
import { withPin } from "../stack-file/pin";
import { CommandError } from "../terminal/exit";
import type { Report } from "../terminal/report";

export const commitOption = {
  flags: "--commit",
  summary: "afterwards commit the pin to the GitLab project's default branch ($BERTH_GITLAB_TOKEN)",
} as const;

export interface Pin {
  readonly app: string;
  readonly release: Release;
  /** First line of the commit: `Release blog 1.2 to prod`. */
  readonly title: string;
  /** What deploys the same release again, which then only commits. Such as `this once more`. */
  readonly again: string;
}

/** The pin of a release in git, where the team's wish is kept: written once the release runs. */
export class PinCommit {
  private constructor(
    private readonly file: ProjectFile,
    private readonly pin: Pin,
  ) {}

  /**
   * To be asked before anything is deployed, so that what can't be committed is not deployed either.
   * @param warn told why it can't be, where it is deployed all the same: a way back waits for no token
   * @throws GitlabError where the token may not push, and what it says where the file can't be pinned as the branch has it, unless
   * there is `warn`
   */
  static async prepare(file: ProjectFile, pin: Pin, warn?: Report["say"]): Promise<PinCommit> {
    const commit = new PinCommit(file, pin);
    await commit.file.check(commit.edit).catch((error: unknown) => {
      if (!warn) throw error;
      warn(`${messageOf(error)}\nThe way back is taken all the same; git is tried again when it is done.`);
    });
    return commit;
  }

  /** @throws CommandError that says what is deployed, and that git doesn't know it */
  async write(report: Report): Promise<void> {
    const { result, url } = await this.file.edit(this.edit, this.message).catch((error: Error) => {
      const next =
        "The release is deployed, and git doesn't say so: an update by what git has deploys the other one again. " +
        `Once that is mended: ${this.pin.again}. It only commits then. Or commit the pin by hand.`;
      throw new CommandError(`${error.message}\n${next}`);
    });
    report.say(
      result === "same" ? "The project has this pin already." : `The pin is committed: ${url ?? "done"}`,
    );
  }

  /** On what the branch has now: only the lines of the pin change. */
  private readonly edit = (text: string) => withPin(text, this.pin.app, this.pin.release);

  private get message(): string {
    const { title, release } = this.pin;
    const url = gitlabRun().pipeline?.url;
    const lines = [release.digest + (release.from ? `, out of ${release.from}` : ""), ...(url ? [url] : [])];
    // A pipeline of it would deploy what is deployed.
    return `${title} [skip ci]\n\n${lines.join("\n")}\n`;
  }
}
