import type { AccountSettings, Grants } from "./nexus-access-settings";
import { FORMATS } from "./nexus-formats";
import type { NexusSettings } from "./nexus-settings";

/** What each verb of the settings comes to in Nexus. Pushing needs reading: a client asks what is there already. */
const ACTIONS = {
  pull: ["browse", "read"],
  push: ["browse", "read", "add", "edit"],
  delete: ["browse", "read", "delete"],
} as const;

/** The privileges of a role: those named, and those that Nexus keeps for each repository and action. */
export function roleGrants(
  { repositories }: Pick<NexusSettings, "repositories">,
  grants: Omit<Grants, "roles">,
): string[] {
  const views = (["pull", "push", "delete"] as const).flatMap((verb) =>
    grants[verb].flatMap((name) => {
      const { format } = repositories[name]!; // settings hold no grant on an unknown repository
      return ACTIONS[verb].map((action) => `nx-repository-view-${FORMATS[format]}-${name}-${action}`);
    }),
  );
  return [...new Set([...views, ...grants.privileges])];
}

/** The role that belongs to an account alone. */
export function accountRole(username: string, { purpose }: Pick<AccountSettings, "purpose">) {
  return { roleId: `berth-${username}`, description: `Berth: ${purpose}` };
}
