import assert from "node:assert/strict";
import { gitCredentials } from "../../../sandbox/gitlab/git-credentials";
import { GitlabWeb } from "../../support/gitlab-web";
import { copy, git, run } from "../../support/stack/sandbox";

/** The demo's copy as a project of a GitLab of the test's own, and a job of it. */
export class Project {
  readonly gitlab = new GitlabWeb();
  private started = false;

  /** Pushes the copy's commit. */
  async start(): Promise<this> {
    await this.gitlab.start();
    this.started = true;
    const { dir, url, project } = this.gitlab;
    const env = { ...process.env, ...gitCredentials(dir, url, project) };
    const pushed = await run(["git", "push", `${url}/${project}.git`, "HEAD:refs/heads/main"], env, copy);
    assert.equal(pushed.code, 0, pushed.stderr);
    return this;
  }

  async stop(): Promise<void> {
    if (this.started) await this.gitlab.stop();
  }

  get job(): NodeJS.ProcessEnv {
    const { url, project } = this.gitlab;
    return {
      CI: "true",
      CI_API_V4_URL: `${url}/api/v4`,
      CI_PROJECT_ID: project,
      CI_PROJECT_DIR: copy,
      CI_DEFAULT_BRANCH: "main",
      GITLAB_USER_NAME: "Ann",
      GITLAB_USER_EMAIL: "ann@berth.invalid",
      BERTH_GITLAB_TOKEN: this.gitlab.token("berth", { accessLevel: 40 }),
    };
  }

  /** A file as the default branch has it, and the commit that changed it last. */
  async file(path: string): Promise<{ text: string; message: string; author: string }> {
    const headers = { "private-token": this.gitlab.token("reader", { scopes: ["read_api"] }) };
    const where = `/repository/files/${encodeURIComponent(path)}?ref=main`;
    const { content, last_commit_id } = (await this.gitlab.ask("GET", where, headers)).json;
    const commit = (await this.gitlab.ask("GET", `/repository/commits/${last_commit_id}`, headers)).json;
    const text = Buffer.from(content, "base64").toString("utf8");
    return { text, message: commit.message, author: commit.author_email };
  }

  /** What the copy's own last commit has. */
  committed(path: string): string {
    return `${git("show", `HEAD:${path}`)}\n`;
  }
}
