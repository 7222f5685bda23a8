import { FileProposal, type Proposed } from "../gitlab/api/file-proposal";
import { GitlabClient, type GitlabClientArgs } from "../gitlab/api/gitlab-client";
import { type EditedFile, ProjectFile } from "../gitlab/api/project-file";
import { readFolder } from "../gitlab/api/project-folder";
import { type NamedToken, tokenIn } from "../gitlab/api/token-in";
import type { GitopsTarget } from "../settings/gitops/gitops-settings";
import { chartImages } from "./chart-images";
import { type EditedYaml, editYaml, type LineChange } from "./edit-yaml";
import { YamlRefusal } from "./find-value";
import { releaseValues, type WrittenRelease } from "./release-values";

/** A file in a GitLab project, and what of it is ours. */
export interface TargetPlace
  extends Pick<
    GitopsTarget,
    "project" | "branch" | "path" | "document" | "values" | "mergeRequest" | "chart"
  > {
  /** GitLab's, without `/api/v4`. */
  readonly url: string;
  readonly app: string;
  /** Project and name of the stack: they tell its branches from others'. */
  readonly stack: string;
}

export interface PlannedEdit {
  /** Empty where all stands there already. */
  readonly changes: readonly LineChange[];
  /** Gitaly makes line feeds of them in what its API commits (core.autocrlf=input): every line will change. */
  readonly hasWindowsLineEnds: boolean;
}

export type Limits = Pick<GitlabClientArgs, "patience" | "retryDelay">;

/** A token of the target's project, which is seldom the app's own, so that it has a variable of its own. */
const TOKENS = ["BERTH_GITOPS_TOKEN", "BERTH_GITLAB_TOKEN", "GITLAB_TOKEN"] as const;

/** Of no image: a chart that makes it of the values runs what they say. */
const PROBE = `sha256:${"5eed".repeat(16)}`;

/** There is no token to ask GitLab with. */
export class NoToken extends Error {
  override name = "NoToken";
}

/** A file of a GitLab project that says which release of an app a cluster runs. */
export class TargetFile {
  private readonly file: ProjectFile;
  private readonly proposal: FileProposal | undefined;
  private readonly client: GitlabClient;

  /** @throws NoToken */
  constructor(
    private readonly place: TargetPlace,
    env: NodeJS.ProcessEnv = process.env,
    limits: Limits = {},
  ) {
    const { url, project, branch, path, mergeRequest } = place;
    const token = tokenFor(place, env);
    const client = new GitlabClient({ api: `${url}/api/v4`, ...token, ...limits });
    this.client = client;
    const { GITLAB_USER_NAME: name, GITLAB_USER_EMAIL: email } = env;
    const author = name && email ? { name, email } : undefined;
    this.file = new ProjectFile(client, { project, branch, path, author }, token.tokenName);
    this.proposal = mergeRequest ? new FileProposal(client, this.file, sourceBranch(place)) : undefined;
  }

  /** What would change in the file. @param image undefined: not known yet. @throws GitlabError, YamlRefusal */
  async plan(release: { readonly tag: string; readonly image: string | undefined }): Promise<PlannedEdit> {
    const { text } = await this.file.read();
    const { changes } = this.edited(text, release);
    return { changes, hasWindowsLineEnds: changes.length > 0 && text.includes("\r\n") };
  }

  /** Whether it can be written, as far as can be known before. @throws GitlabError, YamlRefusal */
  check(release: { readonly tag: string; readonly image: string | undefined }): Promise<void> {
    const edit = (text: string) => this.edited(text, release).text;
    return (this.proposal ?? this.file).check(edit);
  }

  /**
   * Makes sure that the target's chart runs the digest that is written: it would look like a deployment, and be none.
   * @returns why that isn't known; undefined where it does, or no chart is named
   * @throws GitlabError; YamlRefusal where it doesn't
   */
  async checkChart(): Promise<string | undefined> {
    const { app, chart: path, project, branch, values } = this.place;
    if (path === undefined) return undefined;
    const chart = await readFolder(this.client, { project, branch, path });
    const { text } = await this.file.read();
    const probe = { tag: "none", image: `registry.invalid/${app}@${PROBE}` };
    const rendered = await chartImages({ chart, values: this.edited(text, probe).text, name: app });
    if ("unknown" in rendered) return `Not known whether ${path} runs the digest: ${rendered.unknown}`;
    if (rendered.images.some((image) => image.endsWith(`@${PROBE}`))) return undefined;
    const written = [...(values.image ?? []), ...(values.digest ?? [])].join(", ");
    throw new YamlRefusal(
      `${fileLabel(this.place)}: ${path} makes no container with the digest at ${written}, so the cluster would run something else ` +
        `than what was tested. Its images: ${rendered.images.join(", ") || "none"}. Have the chart take it ` +
        "(image: REPOSITORY@DIGEST), or name the key that it does take in values",
    );
  }

  /** @throws GitlabError, YamlRefusal */
  write(
    release: WrittenRelease,
    text: { readonly title: string; readonly body: string },
  ): Promise<EditedFile | Proposed> {
    const edit = (before: string) => this.edited(before, release).text;
    const { title, body } = text;
    const message = `${title}\n\n${body}\n`;
    return this.proposal
      ? this.proposal.put(edit, { title, description: body, message })
      : this.file.edit(edit, message);
  }

  private edited(
    text: string,
    release: { readonly tag: string; readonly image: string | undefined },
  ): EditedYaml {
    try {
      return editYaml(text, releaseValues(this.place, release));
    } catch (error) {
      if (!(error instanceof YamlRefusal)) throw error;
      throw new YamlRefusal(`${fileLabel(this.place)}: ${error.message}`);
    }
  }
}

/** `platform/clusters main:prod/values.yaml`. */
export function fileLabel({
  project,
  branch,
  path,
  document,
}: Pick<GitopsTarget, "project" | "branch" | "path" | "document">): string {
  return `${project} ${branch}:${path}${document === undefined ? "" : ` ${document}`}`;
}

function tokenFor(place: TargetPlace, env: NodeJS.ProcessEnv): NamedToken {
  const found = tokenIn(env, ...TOKENS);
  if (found?.token) return found;
  const what = place.mergeRequest ? "the role Developer" : `a role that may push to ${place.branch}`;
  throw new NoToken(
    `${fileLabel(place)}: there is no token for it. Set ${TOKENS[0]} (else ${TOKENS[1]} is taken) to a token of project ` +
      `${place.project}, or of a group that it is in, with the scope api and ${what}${found ? `; the file that ${found.tokenName} names has none` : ""}`,
  );
}

/** `berth/shop/prod/blog/main-prod-values.yaml`: one for each file, as git takes names of branches. */
function sourceBranch({ stack, app, branch, path }: TargetPlace): string {
  const file = `${branch}-${path}`.replaceAll(/[^A-Za-z0-9_-]+/g, "-");
  return `berth/${stack}/${app}/${file}`;
}
