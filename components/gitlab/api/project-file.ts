import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
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

export type Edit = (text: string) => string;

interface NewCommit {
  readonly message: string;
  /** A branch that is made anew for it, on top of the file's own. @default the file's own branch */
  readonly onto?: string | undefined;
}

/** A commit of the file. */
interface NewText extends NewCommit {
  readonly text: string;
  /** The file's last commit on its branch: GitLab refuses where it has another one by now. */
  readonly last_commit_id: string;
}

/** How often an edit is made again on what somebody else has committed meanwhile. */
const ATTEMPTS = 6;
const DELAY_MS = 250;

/** One file of a branch of a project, edited through GitLab's commits API: no checkout, and nobody's change is lost. */
export class ProjectFile {
  private readonly base: string;

  constructor(
    private readonly client: GitlabClient,
    readonly place: FilePlace,
    private readonly tokenName: string,
  ) {
    this.base = `/projects/${encodeURIComponent(place.project)}/repository`;
  }

  /**
   * Makes sure that the edit can be made later, as far as that can be known before. No call of GitLab tells whether a token
   * may push, scope and role and protection together: so a commit is asked for that GitLab has to refuse afterwards, as it would
   * change a file that isn't there. (An outdated `last_commit_id` won't do: GitLab lets one pass that it doesn't know,
   * app/services/files/base_service.rb.)
   * @throws GitlabError where the token may not push to the branch; what the edit throws
   */
  async check(edit: Edit, onto?: string): Promise<void> {
    const { text } = await this.read();
    edit(text);
    const file_path = `${this.place.path}.${randomBytes(8).toString("hex")}`;
    const nothing = { action: "update", file_path, content: "" };
    await this.send([nothing], { message: "Nothing", onto }).catch((error: unknown) => {
      if (!(error instanceof GitlabError && isNoSuchFile(error))) throw this.translated(error, onto);
    });
  }

  /**
   * Commits the file as the edit makes it out of what is there now; once more where somebody was quicker, and where it
   * isn't known whether GitLab has made the commit.
   * @param onto a branch that is made anew for the commit
   * @throws GitlabError
   */
  async edit(edit: Edit, message: string, onto?: string): Promise<EditedFile> {
    for (let attempt = 1; ; attempt++) {
      const { text, last_commit_id } = await this.read();
      const edited = edit(text);
      if (edited === text) return { result: "same" };
      try {
        return {
          result: "committed",
          url: await this.commit({ text: edited, last_commit_id, message, onto }),
        };
      } catch (error) {
        const again = error instanceof GitlabError && (error.maybeDone || isConflict(error));
        if (!again || attempt === ATTEMPTS) throw this.translated(error, onto);
        await sleep(DELAY_MS * attempt);
      }
    }
  }

  /** @throws GitlabError, also for what isn't text in UTF-8: it could not be written back as it is */
  async read(branch: string = this.place.branch): Promise<Read> {
    const path = `${this.base}/files/${encodeURIComponent(this.place.path)}?ref=${encodeURIComponent(branch)}`;
    const wish = { method: "GET", path, attempt: `read ${this.titleOn(branch)}` } as const;
    const asked = this.client.ask<{ content: string; last_commit_id: string }>(wish);
    const { value } = await asked.catch((error: unknown) => {
      throw this.withWhatIsThere(error, branch);
    });
    const { content, last_commit_id } = value;
    const bytes = Buffer.from(content, "base64");
    const text = bytes.toString("utf8");
    if (Buffer.from(text).equals(bytes)) return { text, last_commit_id };
    const message = `${this.titleOn(branch)} is not text in UTF-8, so it can't be edited. Save it as UTF-8 first`;
    throw new GitlabError(message, { method: "GET", url: path });
  }

  private commit({ text, last_commit_id, ...more }: NewText): Promise<string | undefined> {
    const { path: file_path } = this.place;
    const content = Buffer.from(text).toString("base64");
    return this.send([{ action: "update", file_path, content, encoding: "base64", last_commit_id }], more);
  }

  private async send(actions: readonly object[], { message: commit_message, onto }: NewCommit) {
    const { branch, author } = this.place;
    const body = {
      branch: onto ?? branch,
      // What was on it goes: one commit on top of the file's branch can be merged.
      ...(onto !== undefined && { start_branch: branch, force: true }),
      commit_message,
      actions,
      ...(author && { author_name: author.name, author_email: author.email }),
    };
    const wish = {
      method: "POST" as const,
      role: onto === undefined ? "Maintainer" : "Developer",
      path: `${this.base}/commits`,
      body,
      attempt: `commit ${this.titleOn(onto ?? branch)}`,
    };
    const { value } = await this.client.ask<{ web_url?: string }>(wish);
    return value.web_url;
  }

  private titleOn(branch: string): string {
    return `${this.place.path} on the branch ${branch}`;
  }

  /** GitLab's words for a protected branch don't say what to do. */
  private translated(error: unknown, onto: string | undefined): unknown {
    const { branch: own, project } = this.place;
    const branch = onto ?? own;
    if (!(error instanceof GitlabError && /not allowed to push/i.test(error.message))) return error;
    return new GitlabError(
      `The token in ${this.tokenName} may not push to the branch ${branch} of project ${project}, so the release can't be ` +
        `committed there. Give it a role that may: Maintainer, or Developer where Settings → Repository → ` +
        `Protected branches allows developers to push to ${branch}.`,
      error,
    );
  }

  /** GitLab says what is missing as if it were one thing: a branch that isn't there is "Commit Not Found". */
  private withWhatIsThere(error: unknown, branch: string): unknown {
    if (!(error instanceof GitlabError && error.status === 404)) return error;
    const { project, path } = this.place;
    const said = error.said ?? "";
    const next = /File Not Found/.test(said)
      ? `Project ${project} and its branch ${branch} are there, the file is not: commit ${path} first, or mend its path`
      : /Commit Not Found/.test(said)
        ? `Project ${project} is there, and has no branch ${branch}: push it first, or mend its name`
        : `The token has to be one of project ${project}, or of a group that it is in`;
    return new GitlabError(`${error.message}. ${next}.`, error);
  }
}

/** Gitaly's words for an update of what isn't there. */
function isNoSuchFile({ status, message }: GitlabError): boolean {
  return status === 400 && /A file with this name doesn't exist/i.test(message);
}

/** GitLab's words for `last_commit_id`, and for a branch that moved while it was at work. */
function isConflict({ status, message }: GitlabError): boolean {
  return status === 400 && /has changed since you started editing|refresh and try again/i.test(message);
}
