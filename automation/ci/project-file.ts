import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../exit";
import type { GitlabClient } from "./gitlab-client";
import { GitlabError } from "./gitlab-error";

export interface FilePlace {
  /** The project's number, or its path. */
  readonly project: string;
  readonly branch: string;
  /** Below the top of the repository. */
  readonly path: string;
  /** Who started the job; else GitLab takes the token's own user. */
  readonly author: { readonly name: string; readonly email: string } | undefined;
}

export interface EditedFile {
  /** `same`: the branch had it already. */
  readonly result: "committed" | "same";
  readonly url?: string | undefined;
}

interface Read {
  readonly text: string;
  readonly last_commit_id: string;
}

type Edit = (text: string) => string;

/** How often an edit is made again on what somebody else has committed meanwhile. */
const ATTEMPTS = 6;
const DELAY_MS = 250;
/** The last commit of no file. */
const NO_COMMIT = "0".repeat(40);

/** One file of a branch of the project, edited through GitLab's commits API: no checkout, and nobody's change is lost. */
export class ProjectFile {
  private readonly base: string;
  private readonly title: string;

  constructor(
    private readonly client: GitlabClient,
    private readonly place: FilePlace,
    private readonly tokenName: string,
  ) {
    this.base = `/projects/${encodeURIComponent(place.project)}/repository`;
    this.title = `${place.path} on the branch ${place.branch}`;
  }

  /**
   * Makes sure that the edit can be made later, as far as that can be known before. No call of GitLab tells whether a token
   * may push, scope and role and protection together: so a commit is asked for that GitLab has to refuse as outdated.
   * @throws GitlabError, CommandError where the token may not push to the branch; what the edit throws
   */
  async check(edit: Edit): Promise<void> {
    const { text } = await this.read();
    edit(text);
    try {
      await this.commit(text, NO_COMMIT, "Nothing");
    } catch (error) {
      if (!(error instanceof GitlabError && isConflict(error))) throw this.translated(error);
    }
  }

  /**
   * Commits the file as the edit makes it out of what is there now; once more where somebody was quicker, and where it
   * isn't known whether GitLab has made the commit.
   * @throws GitlabError
   */
  async edit(edit: Edit, message: string): Promise<EditedFile> {
    for (let attempt = 1; ; attempt++) {
      const { text, last_commit_id } = await this.read();
      const content = edit(text);
      if (content === text) return { result: "same" };
      try {
        return { result: "committed", url: await this.commit(content, last_commit_id, message) };
      } catch (error) {
        const again = error instanceof GitlabError && (error.maybeDone || isConflict(error));
        if (!again || attempt === ATTEMPTS) throw this.translated(error);
        await sleep(DELAY_MS * attempt);
      }
    }
  }

  private async read(): Promise<Read> {
    const { path, branch } = this.place;
    const where = `${this.base}/files/${encodeURIComponent(path)}?ref=${encodeURIComponent(branch)}`;
    const wish = { method: "GET", path: where, attempt: `read ${this.title}` } as const;
    const { value } = await this.client.ask<{ content: string; last_commit_id: string }>(wish);
    const { content, last_commit_id } = value;
    return { text: Buffer.from(content, "base64").toString("utf8"), last_commit_id };
  }

  private async commit(content: string, last_commit_id: string, commit_message: string) {
    const { branch, path: file_path, author } = this.place;
    const action = { action: "update", file_path, content, last_commit_id };
    const body = {
      ...{ branch, commit_message, actions: [action] },
      ...(author && { author_name: author.name, author_email: author.email }),
    };
    const wish = {
      ...({ method: "POST", role: "Maintainer" } as const),
      ...{ path: `${this.base}/commits`, body, attempt: `commit ${this.title}` },
    };
    const { value } = await this.client.ask<{ web_url?: string }>(wish);
    return value.web_url;
  }

  /** GitLab's words for a protected branch don't say what to do. */
  private translated(error: unknown): unknown {
    const { branch, project } = this.place;
    if (!(error instanceof GitlabError && /not allowed to push/i.test(error.message))) return error;
    return new CommandError(
      `The token in ${this.tokenName} may not push to the branch ${branch} of project ${project}, so the release can't be ` +
        `committed there. Give it a role that may: Maintainer, or Developer where Settings → Repository → ` +
        `Protected branches allows developers to push to ${branch}.`,
    );
  }
}

/** GitLab's words for `last_commit_id`, and for a branch that moved while it was at work. */
function isConflict({ status, message }: GitlabError): boolean {
  return status === 400 && /has changed since you started editing|refresh and try again/i.test(message);
}
