import { caller } from "../../components/nexus/object/object-provider";
import { RegistryClient } from "../../components/registry/client";
import { clientAccess } from "../../components/registry/registry-access";
import { nexusServer } from "../nexus/server";
import { accessOf, stackOutputs } from "../releases/stack-outputs";
import type { OpenStack } from "../stack/open-stack";
import { CommandError } from "../terminal/exit";
import { registryTags } from "./gitlab-tags";
import { NexusTags } from "./nexus-tags";
import type { TagStore } from "./tag-store";

/** The hosted repository that releases are copied into (components/nexus/nexus-configuration.ts). */
const RELEASES = "releases";

type App = { readonly name: string; readonly build?: unknown };

/** A registry that holds releases of an app. */
export interface AppStore {
  readonly app: string;
  readonly store: TagStore;
}

/** The registries that hold an app's releases, for one stack: GitLab's only where the stack builds the app. */
export async function openStores(open: OpenStack, apps: readonly App[]): Promise<AppStore[]> {
  // Asked for the token first: without one nothing is begun.
  const inGitlab = gitlabStores(open, apps);
  return [...inGitlab, ...(await nexusStores(open, apps))];
}

/** @throws CommandError (exit 2) without a token, where the stack builds an app */
export function gitlabStores(
  { file }: Pick<OpenStack, "file">,
  apps: readonly App[],
  attempt?: string,
): AppStore[] {
  const { gitlab } = file.settings();
  const builds = apps.filter(({ build }) => build !== undefined);
  return builds.map(({ name: app }) => ({ app, store: registryTags(gitlab, app, attempt) }));
}

/** @param patience milliseconds to keep trying, where it is not the usual */
export async function nexusStores(
  open: OpenStack,
  apps: readonly App[],
  patience?: number,
): Promise<AppStore[]> {
  const [server, outputs] = await Promise.all([nexusServer(open), stackOutputs(open)]);
  const { dockerHosted: registry, accounts } = outputs;
  if (registry === undefined || accounts === undefined) {
    const { name } = open;
    throw new CommandError(
      `The stack ${name} has no registry in Nexus yet: its outputs name none. Run: berth up ${name}`,
    );
  }
  const credentials = { [registry]: accounts.puller };
  return apps.map(({ name: app }) => {
    const client = new RegistryClient({
      registry,
      access: "pull",
      credentials,
      ...clientAccess(accessOf(outputs)),
    });
    return { app, store: new NexusTags(caller(server, patience), client, `${registry}/${app}`, RELEASES) };
  });
}
