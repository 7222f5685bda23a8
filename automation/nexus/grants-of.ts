import type { Grants } from "../../components/settings/nexus/nexus-access-settings";
import { roleGrants } from "../../components/settings/nexus/nexus-grants";
import type { NexusSettings } from "../../components/settings/nexus/nexus-settings";

/** The repositories that grants may name. */
export type RepositoryFormats = NexusSettings["repositories"];

const VERBS = ["pull", "push", "delete"] as const;

/**
 * Privileges in the words of the settings: what a verb says of a repository by that verb, the rest by name. Exactly what
 * was there comes out again.
 */
export function grantsOf(privileges: readonly string[], repositories: RepositoryFormats): Partial<Grants> {
  const held = new Set(privileges);
  const said = new Set<string>();
  const grants: Record<"pull" | "push" | "delete", string[]> = { pull: [], push: [], delete: [] };
  for (const [name, { type }] of Object.entries(repositories)) {
    const fits = (verb: (typeof VERBS)[number]) =>
      granted(verb, name, repositories).every((one) => held.has(one));
    const push = type === "hosted" && fits("push"); // nothing else is pushed to
    const more = [...(push ? (["push"] as const) : []), ...(fits("delete") ? (["delete"] as const) : [])];
    const verbs = more.length > 0 ? more : fits("pull") ? (["pull"] as const) : [];
    for (const verb of verbs) {
      grants[verb].push(name);
      for (const one of granted(verb, name, repositories)) said.add(one);
    }
  }
  return { ...grants, privileges: privileges.filter((one) => !said.has(one)) };
}

function granted(verb: (typeof VERBS)[number], name: string, repositories: RepositoryFormats): string[] {
  const none = { pull: [], push: [], delete: [], privileges: [] };
  return roleGrants({ repositories }, { ...none, [verb]: [name] });
}
