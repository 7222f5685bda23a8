import { SandboxError } from "../../lib/sandbox-error";
import type { MergeRequest } from "./predefined";
import type { ProjectVariable } from "./variables";

/** What the runner asks the sandbox's GitLab, over its API as anybody would. */
export class GitlabProject {
  constructor(
    private readonly url: string,
    readonly path: string,
    private readonly token: string,
  ) {}

  async project(): Promise<{ id: number; defaultBranch: string }> {
    const { id, default_branch } = (await this.get("")) as { id: number; default_branch: string };
    return { id, defaultBranch: default_branch };
  }

  async mergeRequest(iid: number): Promise<MergeRequest> {
    return (await this.get(`/merge_requests/${iid}`)) as MergeRequest;
  }

  /** @throws SandboxError (2) where no open one has the commit as its head */
  async mergeRequestOf(commit: string): Promise<MergeRequest> {
    const all = (await this.list(`/repository/commits/${commit}/merge_requests`)) as (MergeRequest & {
      state: string;
    })[];
    const open = all.find(({ state }) => state === "opened");
    if (open) return open;
    throw new SandboxError(
      `No open merge request has the commit ${commit.slice(0, 12)}. Make one: git push --push-option merge_request.create ` +
        `${this.url}/${this.path}.git HEAD:refs/heads/BRANCH; or name it: --merge-request IID`,
      2,
    );
  }

  /** None where this GitLab has no such variables. */
  async variables(): Promise<ProjectVariable[]> {
    return (await this.list("/variables")) as ProjectVariable[];
  }

  /** Whether a tag is a protected one, as `v*` is where the project says so. */
  async isProtectedTag(tag: string): Promise<boolean> {
    const patterns = (await this.list("/protected_tags")) as { name: string }[];
    return patterns.some(({ name }) => {
      const parts = name.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
      return new RegExp(`^${parts.join(".*")}$`).test(tag);
    });
  }

  private async list(path: string): Promise<unknown[]> {
    const all: unknown[] = [];
    for (let page: string | undefined = "1"; page; ) {
      const answer = await this.ask(`${path}?per_page=100&page=${page}`);
      if (answer.status === 501) return []; // not in this sandbox
      all.push(...((await this.body(path, answer)) as unknown[]));
      page = answer.headers.get("x-next-page") || undefined;
    }
    return all;
  }

  private async get(path: string): Promise<unknown> {
    return this.body(path, await this.ask(path));
  }

  private async body(path: string, answer: Response): Promise<unknown> {
    if (answer.ok) return answer.json();
    throw new SandboxError(`GET ${this.path}${path} of the sandbox's GitLab answered ${answer.status}`);
  }

  private async ask(path: string): Promise<Response> {
    const url = `${this.url}/api/v4/projects/${encodeURIComponent(this.path)}${path}`;
    try {
      const signal = AbortSignal.timeout(10_000);
      return await fetch(url, { headers: { "private-token": this.token }, signal });
    } catch {
      throw new SandboxError(`The sandbox's GitLab (${this.url}) doesn't answer. Run: npx berth sandbox up`);
    }
  }
}
