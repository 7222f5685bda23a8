import type { AccessToken } from "../access-tokens";
import { Level, levelOf } from "../api/caller";

/** A protected branch. */
export interface BranchRule {
  /** Its name, or a pattern with `*`. */
  readonly name: string;
  /** The least role that may push; 0 is nobody. */
  readonly push: number;
  readonly force: boolean;
}

/** What a new project of GitLab has: its default branch takes pushes of maintainers, and from nobody by force. */
export function branchRules(defaultBranch: string): BranchRule[] {
  return [{ name: defaultBranch, push: Level.maintainer, force: false }];
}

/** Whether the token's role suffices to push to the branch: of several rules the kindest counts, as in GitLab. */
export function mayPush(token: AccessToken, branch: string, rules: readonly BranchRule[]): boolean {
  if (levelOf(token) < Level.developer) return false;
  const matching = rules.filter(({ name }) => matches(name, branch));
  return matching.length === 0 || matching.some((rule) => isAllowed(token, rule));
}

export const isProtected = (branch: string, rules: readonly BranchRule[]) =>
  rules.some(({ name }) => matches(name, branch));

/** For hooks/update: a line for each rule. */
export function rulesText(token: AccessToken, rules: readonly BranchRule[]): string {
  const yes = (allowed: boolean) => (allowed ? "yes" : "no");
  return rules.map((rule) => `${yes(isAllowed(token, rule))} ${yes(rule.force)} ${rule.name}`).join("\n");
}

function isAllowed(token: AccessToken, { push }: BranchRule): boolean {
  return push > 0 && levelOf(token) >= push;
}

function matches(pattern: string, branch: string): boolean {
  const literal = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`).test(branch);
}
