import { NO_TOKEN } from "../../components/gitlab-access";
import { gitlabToken } from "./gitlab";

/**
 * Gives Pulumi's plugin for GitLab, which the engine starts with this environment, the token that berth has. Its own variable is
 * left as it is where somebody has set it. A preview asks GitLab nothing, and needs none.
 * @throws CommandError (exit 2) for a token that can't be used: a job's own
 */
export function offerProviderToken(env: NodeJS.ProcessEnv = process.env): void {
  env["GITLAB_TOKEN"] ||= env["BERTH_GITLAB_TOKEN"]?.trim() ? gitlabToken(env) : NO_TOKEN;
}
