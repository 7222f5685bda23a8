import type { GitlabClient } from "../../components/gitlab/api/gitlab-client";
import { GitlabError } from "../../components/gitlab/api/gitlab-error";
import { isSameStack, type NoteMarker, readMarker } from "./note-marker";

export interface PutIssue {
  readonly result: "opened" | "reopened" | "updated" | "closed" | "left";
  /** Why nothing was written. */
  readonly why?: string;
  readonly url?: string;
}

interface Issue {
  readonly iid: number;
  readonly title: string;
  readonly description: string | null;
  readonly state: "opened" | "closed";
  readonly web_url: string;
  readonly author: { readonly id: number };
}

interface IssueText {
  readonly title: string;
  readonly description: string;
}

/** How often an issue is looked for again after an answer to its creation was lost. */
const CREATIONS = 3;

/** Berth's issues in one project: one for each stack, known by the marker in its description and by its author. */
export class ProjectIssues {
  private readonly path: string;
  private readonly title: string;

  /** @param project its number, or its path */
  constructor(
    private readonly client: GitlabClient,
    project: string,
  ) {
    this.path = `/projects/${encodeURIComponent(project)}/issues`;
    this.title = `project ${project}`;
  }

  /**
   * Opens the issue, or brings the one that is there up to date and opens it again. One that says the same already is left
   * alone: nobody is told twice.
   * @throws GitlabError
   */
  async put(marker: NoteMarker, text: IssueText): Promise<PutIssue> {
    const me = await this.whoAmI();
    const [issue, ...surplus] = await this.find(marker, me);
    if (!issue) return { result: "opened", url: (await this.create(marker, me, text)).web_url };
    for (const one of surplus)
      if (one.state === "opened") await this.close(one, `#${issue.iid} tells the same.`);
    const url = issue.web_url;
    const known = readMarker(issue.description ?? "", marker.about);
    if (isNewer(known, marker)) return { result: "left", why: "a newer pipeline has written the issue", url };
    const isOpen = issue.state === "opened";
    if (isOpen && known?.hash === marker.hash)
      return { result: "left", why: "the issue says so already", url };
    const event = isOpen ? {} : { state_event: "reopen" };
    await this.change(issue, { ...text, ...event }, `update issue #${issue.iid}`);
    if (isOpen) return { result: "updated", url };
    await this.say(issue, "It is back.");
    return { result: "reopened", url };
  }

  /**
   * Says why it is over and closes the issue, if there is one that is open.
   * @throws GitlabError
   */
  async end(marker: NoteMarker, why: string): Promise<PutIssue> {
    const open = (await this.find(marker, await this.whoAmI())).filter(({ state }) => state === "opened");
    for (const issue of open) await this.close(issue, why);
    const [first] = open;
    return first
      ? { result: "closed", url: first.web_url }
      : { result: "left", why: "there is no open issue" };
  }

  /** An issue with our marker may be anybody's: only those of the token's own user are ours. */
  private async whoAmI(): Promise<number> {
    const attempt = "ask whose token it is";
    return (await this.client.ask<{ id: number }>({ method: "GET", path: "/user", attempt })).value.id;
  }

  /** Our issues with this marker, those that are open first, then the oldest. */
  private async find(wanted: NoteMarker, me: number): Promise<Issue[]> {
    const attempt = `read the issues of ${this.title}`;
    const [found, older]: [Issue[], Issue[]] = [[], []];
    const path = `${this.path}?scope=created_by_me&state=all&sort=asc&order_by=created_at&per_page=100`;
    for await (const page of this.client.pages<Issue>({ path, attempt })) {
      for (const issue of page) {
        const marker = issue.author.id === me ? readMarker(issue.description ?? "", wanted.about) : undefined;
        const same = marker === undefined ? "no" : isSameStack(marker, wanted);
        if (same !== "no") (same === "yes" ? found : older).push(issue);
      }
    }
    const byState = (issues: readonly Issue[]) => [
      ...issues.filter(({ state }) => state === "opened"),
      ...issues.filter(({ state }) => state === "closed"),
    ];
    return found.length > 0 ? byState(found) : byState(older).slice(0, 1);
  }

  private async create(marker: NoteMarker, me: number, text: IssueText): Promise<Issue> {
    const attempt = `open an issue in ${this.title}`;
    for (let tried = 1; ; tried++) {
      try {
        return (await this.client.ask<Issue>({ method: "POST", path: this.path, body: text, attempt })).value;
      } catch (error) {
        if (!(error instanceof GitlabError) || !error.maybeDone || tried === CREATIONS) throw error;
        const [made] = await this.find(marker, me);
        if (made) return made;
      }
    }
  }

  private async close(issue: Issue, why: string): Promise<void> {
    await this.say(issue, why);
    await this.change(issue, { state_event: "close" }, `close issue #${issue.iid}`);
  }

  private async change({ iid }: Issue, body: object, attempt: string): Promise<void> {
    const path = `${this.path}/${iid}`;
    await this.client.ask({ method: "PUT", path, body, attempt: `${attempt} of ${this.title}` });
  }

  private async say({ iid }: Issue, body: string): Promise<void> {
    const attempt = `comment on issue #${iid} of ${this.title}`;
    await this.client.ask({ method: "POST", path: `${this.path}/${iid}/notes`, body: { body }, attempt });
  }
}

function isNewer(known: NoteMarker | undefined, marker: NoteMarker): boolean {
  return Number(known?.pipeline ?? 0) > Number(marker.pipeline ?? Number.POSITIVE_INFINITY);
}
