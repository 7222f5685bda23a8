import type { Answered } from "../../components/gitlab/api/gitlab-client";
import type { UpdateJob } from "./gitlab";

interface Environment {
  readonly id: number;
  readonly external_url: string | null;
}

/** Who may deploy. */
const role = "Developer (for a protected environment: one that may deploy to it)";

/** A deployment of the job's commit, as GitLab shows it with the environment and in the merge request. */
export class GitlabDeployment {
  private readonly path: string;
  private readonly environment: string;
  private id: number | undefined;

  /** @param stack the environment's name, where the job itself has none */
  constructor(
    private readonly job: UpdateJob,
    stack: string,
  ) {
    this.path = `/projects/${encodeURIComponent(job.project)}`;
    this.environment = job.environment ?? stack;
  }

  /**
   * Tells that it has begun, unless GitLab does so by itself.
   * @throws GitlabError
   */
  async begin(): Promise<void> {
    const { client, commit: sha, ref, isTag: tag, environment } = this.job;
    if (environment !== undefined) return;
    const attempt = `tell of a deployment to ${this.environment}`;
    const body = { environment: this.environment, sha, ref, tag, status: "running" };
    const path = `${this.path}/deployments`;
    const { value } = await client.ask<{ id: number }>({ method: "POST", path, body, attempt, role });
    this.id = value.id;
  }

  /**
   * Tells how it ended, and where the app is.
   * @throws GitlabError
   */
  async end(status: "success" | "failed", url: string | undefined): Promise<void> {
    const { client } = this.job;
    if (url !== undefined && !this.job.hasUrl) await this.setUrl(url);
    if (this.id === undefined) return;
    const attempt = `tell how the deployment to ${this.environment} ended`;
    const path = `${this.path}/deployments/${this.id}`;
    await client.ask({ method: "PUT", path, body: { status }, attempt, role });
  }

  private async setUrl(external_url: string): Promise<void> {
    const { client } = this.job;
    const attempt = `look for the environment ${this.environment}`;
    const list = `${this.path}/environments?name=${encodeURIComponent(this.environment)}`;
    const { value }: Answered<Environment[]> = await client.ask({ method: "GET", path: list, attempt, role });
    const [found] = value;
    if (!found || found.external_url === external_url) return;
    const path = `${this.path}/environments/${found.id}`;
    const change = `set the address of the environment ${this.environment}`;
    await client.ask({ method: "PUT", path, body: { external_url }, attempt: change, role });
  }
}
