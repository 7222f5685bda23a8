import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccessToken, ensureApiToken } from "../../sandbox/gitlab/access-tokens";
import type { ApiOptions } from "../../sandbox/gitlab/api/api";
import type { ApiStore } from "../../sandbox/gitlab/api/store";
import { signingKeyOf } from "../../sandbox/gitlab/signing-key";
import { gitlabWeb } from "../../sandbox/gitlab/web";

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it and fail where it isn't so
  readonly json: any;
}

/** A sandbox's GitLab of a test's own, on a free port, with the project team/blog. */
export class GitlabWeb {
  readonly project = "team/blog";
  readonly dir = mkdtempSync(join(tmpdir(), "berth-gitlab-"));
  private server: ReturnType<typeof gitlabWeb> | undefined;

  async start(options?: ApiOptions): Promise<this> {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(signingKeyOf(this.dir).keyFile, privateKey.export({ type: "pkcs8", format: "pem" }));
    await this.listen(options);
    return this;
  }

  /** As after a restart: what was written is read again. */
  async listen(options?: ApiOptions): Promise<void> {
    const server = gitlabWeb(this.dir, options);
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }

  async stopListening(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  async stop(): Promise<void> {
    await this.stopListening();
    rmSync(this.dir, { recursive: true });
  }

  /** What it keeps, for what would take a test thousands of calls. */
  get store(): ApiStore {
    return this.server!.api.store;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server!.address() as AddressInfo).port}`;
  }

  /** A project access token for the API. */
  token(name: string, more: Partial<AccessToken> = {}): string {
    return ensureApiToken(this.dir, this.project, name, more).token;
  }

  /** @param path below `/api/v4/projects/team%2Fblog`, or from `/api/v4` on */
  async ask(method: string, path: string, headers: Record<string, string>, body?: object): Promise<Asked> {
    const whole = path.startsWith("/api/v4")
      ? path
      : `/api/v4/projects/${encodeURIComponent(this.project)}${path}`;
    const type = body && { "content-type": "application/json" };
    const answer = await fetch(this.url + whole, {
      method,
      headers: { ...headers, ...type },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    const json = /^[[{]/.test(text) ? JSON.parse(text) : undefined;
    return { status: answer.status, headers: answer.headers, text, json };
  }

  /** Opens a merge request, and gives its number within the project. */
  async mergeRequest(sha = "0".repeat(40)): Promise<number> {
    const headers = { "private-token": this.token("developer") };
    const wish = { title: "A change", source_branch: "change", target_branch: "main", sha };
    return (await this.ask("POST", "/merge_requests", headers, wish)).json.iid;
  }
}
