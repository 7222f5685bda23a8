import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { providers as fileProviders } from "../../../components/gitops/release-file";
import { parseReference } from "../../../components/registry/reference";
import { ensureApiToken } from "../../../sandbox/gitlab/access-tokens";
import { GitlabWeb } from "../gitlab-web";
import { chartFiles } from "../kubernetes/helm";
import { root } from "../stack/sandbox";
import { FLUX_NAMESPACE } from "./flux";

const { ReleaseFile: releaseFile } = fileProviders;
const PROJECT = "platform/clusters";
const TOKEN = "BERTH_GITOPS_TOKEN";

/** Which file of the project Berth writes a release into, and where in it. */
export interface WrittenFile {
  readonly path: string;
  readonly values: Readonly<Record<"repository" | "tag" | "digest", readonly string[]>>;
}

/** The project platform/clusters of docs/kubernetes.md, in a GitLab of a test's own, with a copy of charts/app in it. */
export class ClustersProject {
  private readonly gitlab = new GitlabWeb();
  private token = "";
  private readonly before = process.env[TOKEN];

  /** @param files more of it, by their paths */
  async start(files: Readonly<Record<string, string>>): Promise<this> {
    await this.gitlab.start();
    this.token = ensureApiToken(this.gitlab.dir, PROJECT, "berth", { accessLevel: 40 }).token;
    process.env[TOKEN] = this.token;
    const all = Object.entries({ ...chartFiles(), ...files });
    const actions = all.map(([file_path, content]) => ({ action: "create", file_path, content }));
    const wish = { branch: "main", commit_message: "An app", actions };
    const path = `/api/v4/projects/${encodeURIComponent(PROJECT)}/repository/commits`;
    const { status, text } = await this.gitlab.ask("POST", path, { "private-token": this.token }, wish);
    if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`);
    return this;
  }

  async stop(): Promise<void> {
    if (this.before === undefined) delete process.env[TOKEN];
    else process.env[TOKEN] = this.before;
    await this.gitlab.stop();
  }

  /** What examples/flux has for it, with this GitLab's address and login, and looked at every two seconds. */
  source(): object[] {
    const login = { username: "flux", password: this.token };
    const repository = example("git-repository.yaml");
    const spec = { ...repository.spec, url: `${this.gitlab.url}/${PROJECT}.git`, interval: "2s" };
    const metadata = { name: spec.secretRef.name, namespace: FLUX_NAMESPACE };
    return [
      { apiVersion: "v1", kind: "Secret", metadata, stringData: login },
      { ...repository, spec },
    ];
  }

  /** Commits a release as `up`, `promote` and `rollback` do. @param image repository@digest */
  async release(image: string, { path, values }: WrittenFile): Promise<void> {
    const { digest = "" } = parseReference(image);
    const whose = { url: this.gitlab.url, app: "blog", stack: "shop/prod", skipCi: false };
    const where = { project: PROJECT, branch: "main", path, mergeRequest: false };
    await releaseFile.create({ ...whose, ...where, values, image, tag: digest.slice(7, 19) });
  }
}

/** An object of examples/flux. */
export function example(file: string) {
  return parse(readFileSync(join(root, "examples", "flux", file), "utf8"));
}
