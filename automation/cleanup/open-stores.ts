import { caller } from "../../components/nexus/object/object-provider";
import { RegistryClient } from "../../components/registry/client";
import { clientAccess } from "../../components/registry/registry-access";
import { nexusServer } from "../nexus/server";
import { accessOf, type StackOutputs, stackOutputs } from "../releases/stack-outputs";
import type { OpenStack } from "../stack/open-stack";
import { registryTags } from "./gitlab-tags";
import { NexusTags } from "./nexus-tags";
import type { TagStore } from "./tag-store";

/** The hosted repository that releases are copied into (components/nexus/nexus-configuration.ts). */
const RELEASES = "releases";

/** The registries that hold an app's releases, for one stack: GitLab's only where the stack builds the app. */
export async function openStores(
  open: OpenStack,
  apps: readonly { readonly name: string; readonly build?: unknown }[],
): Promise<{ app: string; store: TagStore }[]> {
  const { gitlab } = open.file.settings();
  // Asked for the token first: without one nothing is begun.
  const builds = apps.filter(({ build }) => build !== undefined);
  const inGitlab = builds.map(({ name: app }) => ({ app, store: registryTags(gitlab, app) }));
  const [server, outputs] = await Promise.all([nexusServer(open), stackOutputs(open)]);
  const { dockerHosted: registry, accounts } = outputs as Required<StackOutputs>;
  const credentials = { [registry]: accounts.puller };
  const inNexus = apps.map(({ name: app }) => {
    const client = new RegistryClient({
      registry,
      access: "pull",
      credentials,
      ...clientAccess(accessOf(outputs)),
    });
    return { app, store: new NexusTags(caller(server), client, `${registry}/${app}`, RELEASES) };
  });
  return [...inGitlab, ...inNexus];
}
