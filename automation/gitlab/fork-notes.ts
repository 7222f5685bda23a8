import { GitlabError } from "../../components/gitlab/api/gitlab-error";
import type { MergeRequestNotes, PutNote } from "./merge-request-notes";

/** Where notes are written, if they are. */
export type Notes = Pick<MergeRequestNotes, "put" | "markStale">;

/** What a token is refused with that may do nothing in a project, which GitLab may not even show it. */
const NO_RIGHTS = [401, 403, 404];

/**
 * Notes of a pipeline in a fork, whose merge request is in the project that it was forked from: what the fork's token may not
 * write there is left, with the reason. A contributor can't mend that, and the preview is none the worse.
 */
export class ForkNotes implements Notes {
  /** @param notes or why there can be none */
  constructor(private readonly notes: Notes | string) {}

  put(...args: Parameters<Notes["put"]>): Promise<PutNote> {
    return this.tried((notes) => notes.put(...args));
  }

  markStale(...args: Parameters<Notes["markStale"]>): Promise<PutNote> {
    return this.tried((notes) => notes.markStale(...args));
  }

  private async tried(write: (notes: Notes) => Promise<PutNote>): Promise<PutNote> {
    if (typeof this.notes === "string") return left(this.notes);
    try {
      return await write(this.notes);
    } catch (error) {
      if (error instanceof GitlabError && NO_RIGHTS.includes(error.status ?? 0)) return left(error.message);
      throw error;
    }
  }
}

function left(why: string): PutNote {
  return {
    result: "left",
    why:
      "this pipeline runs in a fork, and the merge request is in the project that it was forked from, where a member of that can " +
      `run it (Pipelines → Run pipeline). ${why}`,
  };
}
