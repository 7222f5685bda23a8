import type { GitlabClient } from "./gitlab-client";
import { GitlabError } from "./gitlab-error";
import type { Edit, ProjectFile } from "./project-file";

export interface ProposalText {
  /** Of the merge request, and the first line of its commit. */
  readonly title: string;
  readonly description: string;
  /** The commit's, in whole. */
  readonly message: string;
}

export interface Proposed {
  /** `same`: the branch has it already, and whatever was open of ours is closed. */
  readonly result: "proposed" | "same";
  /** The merge request's address. */
  readonly url?: string | undefined;
}

interface MergeRequest {
  readonly iid: number;
  readonly title: string;
  readonly description: string | null;
  readonly web_url: string;
  readonly source_project_id: number;
  readonly target_project_id: number;
}

/** How often a merge request is looked for again after an answer to its creation was lost. */
const CREATIONS = 3;

/**
 * A change of a file for people to merge: a branch of its own with one commit on top of the file's branch, and one merge request,
 * which the next change takes over as long as it is open.
 */
export class FileProposal {
  private readonly path: string;

  /** @param source the branch, nobody else's: whatever is on it goes with each change */
  constructor(
    private readonly client: GitlabClient,
    private readonly file: ProjectFile,
    private readonly source: string,
  ) {
    this.path = `/projects/${encodeURIComponent(file.place.project)}/merge_requests`;
  }

  /** As far as can be known before. @throws GitlabError; what the edit throws */
  check(edit: Edit): Promise<void> {
    return this.file.check(edit, this.source);
  }

  /** @throws GitlabError */
  async put(edit: Edit, text: ProposalText): Promise<Proposed> {
    const open = await this.find();
    const isThere = open !== undefined && (await this.has(edit));
    const { result } = isThere
      ? { result: "there" as const }
      : await this.file.edit(edit, text.message, this.source);
    if (result === "same") {
      if (open) await this.change(open, { state_event: "close" }, "close");
      return { result };
    }
    return { result: "proposed", url: (await this.show(open, text)).web_url };
  }

  /** Whether the branch is what the edit would make of the file now. */
  private async has(edit: Edit): Promise<boolean> {
    const { text } = await this.file.read();
    const edited = edit(text);
    if (edited === text) return false;
    const proposed = await this.file.read(this.source).catch((error: unknown) => {
      if (error instanceof GitlabError && error.status === 404) return undefined;
      throw error;
    });
    return proposed?.text === edited;
  }

  private async show(
    open: MergeRequest | undefined,
    { title, description }: ProposalText,
  ): Promise<MergeRequest> {
    if (!open) return this.create({ title, description });
    if (open.title !== title || open.description !== description)
      await this.change(open, { title, description }, "update");
    return open;
  }

  private async create(text: object): Promise<MergeRequest> {
    const { branch, project } = this.file.place;
    const body = { ...text, source_branch: this.source, target_branch: branch, remove_source_branch: true };
    const attempt = `open a merge request in project ${project}`;
    const wish = { method: "POST", path: this.path, body, attempt, role: "Developer" } as const;
    for (let tried = 1; ; tried++) {
      try {
        return (await this.client.ask<MergeRequest>(wish)).value;
      } catch (error) {
        // Somebody else's run may have opened it, or this one, and the answer was lost.
        const mayBeThere = error instanceof GitlabError && (error.maybeDone || error.status === 409);
        const made = mayBeThere ? await this.find() : undefined;
        if (made) return made;
        if (!mayBeThere || tried === CREATIONS) throw error;
      }
    }
  }

  /** A branch of the same name in a fork is somebody else's: its merge request must not look like ours. */
  private async find(): Promise<MergeRequest | undefined> {
    const { branch, project } = this.file.place;
    const wanted = { state: "opened", source_branch: this.source, target_branch: branch, per_page: "100" };
    const path = `${this.path}?${new URLSearchParams(wanted)}`;
    const attempt = `look for the merge request of ${this.source} in project ${project}`;
    for await (const page of this.client.pages<MergeRequest>({ path, attempt })) {
      const own = page.find((one) => one.source_project_id === one.target_project_id);
      if (own) return own;
    }
    return undefined;
  }

  private async change({ iid }: MergeRequest, body: object, how: "update" | "close"): Promise<void> {
    const attempt = `${how} merge request !${iid} of project ${this.file.place.project}`;
    const path = `${this.path}/${iid}`;
    await this.client.ask({ method: "PUT", path, body, attempt, role: "Developer" });
  }
}
