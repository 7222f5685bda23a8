import { NO_TOKEN } from "../../components/gitlab/api/token-in";
import type { StackState } from "../engine/stack-state";
import { gitlabToken } from "../gitlab/gitlab";
import { CommandError, Exit } from "../terminal/exit";

/** The variable that Pulumi's plugin for GitLab reads. */
const PLUGINS = "GITLAB_TOKEN";

/**
 * Gives Pulumi's plugin for GitLab, which the engine starts with this environment, the token that berth has: whatever the settings
 * say now, the stack's state may have something in GitLab that is to be deleted or looked at. Its own variable is left as it is
 * where somebody has set it. A preview asks GitLab nothing, and needs none.
 * @param isManaged whether the settings keep something in GitLab
 * @throws CommandError (exit 2) for a token that can't be used, a job's own, where the settings need one
 */
export function offerProviderToken(isManaged: boolean, env: NodeJS.ProcessEnv = process.env): void {
  env[PLUGINS] ||= env["BERTH_GITLAB_TOKEN"]?.trim() ? usableToken(isManaged, env) : NO_TOKEN;
}

function usableToken(isManaged: boolean, env: NodeJS.ProcessEnv): string {
  try {
    return gitlabToken(env);
  } catch (error) {
    if (isManaged || !(error instanceof CommandError)) throw error;
    // It is told where it is needed: for notes, or below.
    return NO_TOKEN;
  }
}

/**
 * Makes sure that there is a token where the stack's state has something in GitLab, before anything is changed: found out by the
 * plugin, half of it would be done.
 * @throws CommandError (exit 2)
 */
export function needProviderToken(
  { name, before }: { readonly name: string; readonly before: StackState },
  env: NodeJS.ProcessEnv = process.env,
): void {
  if ((env[PLUGINS] || NO_TOKEN) !== NO_TOKEN) return;
  const inGitlab = before.resources.filter(({ type }) => type.startsWith("gitlab:"));
  if (inGitlab.length === 0) return;
  const kinds = new Set(inGitlab.map(({ type }) => type.replace(/^gitlab:.*:/, "")));
  throw new CommandError(
    `The stack ${name} keeps something in GitLab (${inGitlab.length}: ${[...kinds].join(", ")}), which can't be looked at, changed or ` +
      "deleted without a token; nothing was done. Set BERTH_GITLAB_TOKEN to a token of that project with the role Maintainer and " +
      "the scope api. Where the project is gone for good, take them out of the state: pulumi state delete URN",
    Exit.usage,
  );
}
