import * as pulumi from "@pulumi/pulumi";
import * as gitlab from "#pulumi-gitlab";
import type { GitlabSettings } from "../settings/gitlab-settings";
import { NO_TOKEN } from "./api/token-in";

/** A login of GitLab's registry. */
export interface RegistryLogin {
  readonly username: pulumi.Output<string>;
  readonly password: pulumi.Output<string>;
}

/**
 * How a stack reaches its GitLab project, and how its Nexus does. The API's token is no input but the environment's
 * GITLAB_TOKEN: it may be another one in each job, and in none of them is it a change.
 */
export class GitlabAccess extends pulumi.ComponentResource {
  readonly provider: gitlab.Provider;
  /** Reads the project's images; undefined where it isn't wanted. */
  readonly registryLogin: RegistryLogin | undefined;

  constructor(name: string, settings: GitlabSettings, opts?: pulumi.ComponentResourceOptions) {
    super("berth:gitlab:GitlabAccess", name, {}, opts);
    needToken(settings);
    const baseUrl = `${settings.url}/api/v4/`;
    this.provider = new gitlab.Provider(`${name}-api`, { baseUrl, earlyAuthCheck: false }, { parent: this });
    this.registryLogin = settings.manage?.deployToken ? this.deployToken(name, settings.project) : undefined;
    this.registerOutputs({});
  }

  /** Named after the stack, so that each can have its own, and take it away. */
  private deployToken(name: string, project: string): RegistryLogin {
    const login = `berth-${pulumi.getStack()}`;
    const { username, token } = new gitlab.ProjectDeployToken(
      `${name}-deploy-token`,
      { project, name: login, username: login, scopes: ["read_registry"] },
      { parent: this, provider: this.provider },
    );
    return { username: username.apply((text) => text ?? login), password: pulumi.secret(token) };
  }
}

/** Before anything is changed. How a branch is protected depends on GitLab's edition, which is asked for in previews, too. */
function needToken({ manage }: GitlabSettings, env: NodeJS.ProcessEnv = process.env): void {
  const token = env["GITLAB_TOKEN"] || NO_TOKEN;
  if (token !== NO_TOKEN) return;
  if (pulumi.runtime.isDryRun()) {
    if (!manage?.protect?.branches.length) return;
    throw new pulumi.RunError(
      "berth:gitlab.manage.protect.branches needs a token in previews, too, as GitLab is asked for its edition: set " +
        "BERTH_GITLAB_TOKEN (the role Reporter and the scope api are enough; for `pulumi preview` by hand GITLAB_TOKEN), or protect " +
        "the branches by hand",
    );
  }
  throw new pulumi.RunError(
    "berth:gitlab.manage needs a token of the project with the role Maintainer and the scope api: set " +
      "BERTH_GITLAB_TOKEN (for `pulumi up` by hand GITLAB_TOKEN), or leave `manage` out of the settings of a stack that has nothing " +
      "in GitLab yet",
  );
}
