import type { GitlabClient } from "../../components/gitlab/api/gitlab-client";
import { GitlabError } from "../../components/gitlab/api/gitlab-error";
import { appRepository, type GitlabSettings } from "../../components/settings/gitlab-settings";
import { settingsGitlab } from "../gitlab/gitlab";
import type { LookedAt, TagStore } from "./tag-store";

interface Repository {
  readonly id: number;
  readonly path: string;
}

export interface GitlabTagsArgs {
  /** `registry.example.com`. */
  readonly registry: string;
  readonly project: string;
  readonly app: string;
}

/**
 * An app's tags in the registry of the settings' project, in a job or elsewhere.
 * @throws CommandError (exit 2) without a token that may delete them
 */
export function registryTags(
  gitlab: GitlabSettings,
  app: string,
  attempt = "Deleting tags in GitLab's registry",
): GitlabTags {
  const { registry, project } = gitlab;
  const client = settingsGitlab(gitlab, attempt);
  return new GitlabTags(client, { registry, project, app });
}

/** Who may delete tags. */
const role = "Developer";

/** An app's tags in a project's registry, over GitLab's API: the registry's own protocol has no deletion of a tag alone. */
export class GitlabTags implements TagStore {
  readonly where = "GitLab";
  readonly repository: string;
  private readonly project: string;
  private readonly path: string;
  private id: Promise<number | undefined> | undefined;

  constructor(
    private readonly client: GitlabClient,
    { registry, project, app }: GitlabTagsArgs,
  ) {
    this.repository = appRepository({ registry, project }, { name: app });
    this.path = this.repository.slice(`${registry}/`.length); // GitLab has it in lower case, too
    this.project = `/projects/${encodeURIComponent(project)}/registry/repositories`;
  }

  async names(): Promise<string[]> {
    const tags = await this.tagsPath();
    if (tags === undefined) return [];
    const found = await this.all<{ name: string }>(tags, `list the tags of ${this.repository}`);
    return found.map(({ name }) => name);
  }

  async look(tag: string): Promise<LookedAt | undefined> {
    const path = `${await this.tagsPath()}/${encodeURIComponent(tag)}`;
    const attempt = `look at the tag ${this.repository}:${tag}`;
    try {
      const { value } = await this.client.ask<{ digest: string; total_size?: number | null }>({
        method: "GET",
        path,
        attempt,
        role,
      });
      return { digest: value.digest, bytes: value.total_size ?? undefined };
    } catch (error) {
      if (error instanceof GitlabError && error.status === 404) return undefined;
      throw error;
    }
  }

  async remove(tag: string): Promise<void> {
    const path = `${await this.tagsPath()}/${encodeURIComponent(tag)}`;
    await this.client.ask({ method: "DELETE", path, attempt: `delete ${this.repository}:${tag}`, role });
  }

  close(): void {
    // Its requests hold no connection.
  }

  /** Undefined where nothing was ever pushed. */
  private async tagsPath(): Promise<string | undefined> {
    this.id ??= this.all<Repository>(this.project, "list the registry's repositories of the project").then(
      (found) => found.find(({ path }) => path === this.path)?.id,
    );
    const id = await this.id;
    return id === undefined ? undefined : `${this.project}/${id}/tags`;
  }

  private async all<T>(list: string, attempt: string): Promise<T[]> {
    const found: T[] = [];
    const path = `${list}?per_page=100`;
    for await (const page of this.client.pages<T>({ path, attempt, role })) found.push(...page);
    return found;
  }
}
