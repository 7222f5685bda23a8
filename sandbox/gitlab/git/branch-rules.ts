import type { AccessToken } from "../access-tokens";
import { Level, levelOf } from "../api/base/caller";
import type { ProtectedBranch } from "../api/store";

/** Whether the token's role suffices to push to the branch: of several rules the kindest counts, as in GitLab. */
export function mayPush(token: AccessToken, branch: string, rules: readonly ProtectedBranch[]): boolean {
  if (levelOf(token) < Level.developer) return false;
  const matching = rules.filter(({ name }) => matches(name, branch));
  return matching.length === 0 || matching.some((rule) => isAllowed(token, rule));
}

export const isProtected = (branch: string, rules: readonly ProtectedBranch[]) =>
  rules.some(({ name }) => matches(name, branch));

/** For hooks/update: a line for each rule. */
export function rulesText(token: AccessToken, rules: readonly ProtectedBranch[]): string {
  const yes = (allowed: boolean) => (allowed ? "yes" : "no");
  return rules
    .map((rule) => `${yes(isAllowed(token, rule))} ${yes(rule.allow_force_push)} ${rule.name}`)
    .join("\n");
}

/** 0 is nobody. */
function isAllowed(token: AccessToken, { push }: ProtectedBranch): boolean {
  return push > 0 && levelOf(token) >= push;
}

function matches(pattern: string, branch: string): boolean {
  const literal = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`).test(branch);
}
