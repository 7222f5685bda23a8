import { GLANCE_MS } from "../../components/nexus/rest/server-abilities";
import { callNexus, NexusFailure } from "../../components/nexus/rest/transport";
import { addressOf, type StackState, type StateResource } from "../engine/stack-state";
import { hiddenFiles } from "../gitops/files-in-state";
import { hiddenInClusters } from "../gitops/look-at-clusters";
import type { Silent } from "../stack/look-at-hosts";

/** Resources that can't be looked at now, and why. */
export interface Unseen {
  readonly why: string;
  readonly count: number;
}

export interface Reachable {
  /** URNs to look at; undefined: all of them. */
  readonly urns: readonly string[] | undefined;
  readonly unseen: readonly Unseen[];
}

/**
 * What of a stack a refresh can look at, so that it waits for nobody who is away: a Nexus that doesn't answer would hold it
 * up for minutes, and a Docker host or a file without a token would have it fail.
 * @param silent Docker hosts that don't answer
 */
export async function reachable(state: StackState, silent: readonly Silent[]): Promise<Reachable> {
  const managed = state.resources.filter(({ id, type }) => id !== undefined && !type.startsWith("pulumi:"));
  const [nexus, files, workloads] = await Promise.all([
    nexusProblem(state),
    hiddenFiles(state),
    hiddenInClusters(state),
  ]);
  const away = [
    ...(nexus === undefined ? [] : [{ why: nexus, is: isInNexus }]),
    ...silent.map(({ docker, problem }) => ({
      why: `the Docker host ${docker} does not answer (${problem})`,
      is: (resource: StateResource) => isOn(docker, state, resource),
    })),
    ...[...files, ...workloads].map(({ urn, why }) => ({
      why,
      is: (resource: StateResource) => resource.urn === urn,
    })),
  ];
  if (away.length === 0) return { urns: undefined, unseen: [] };
  const urns = managed.filter((resource) => !away.some(({ is }) => is(resource))).map(({ urn }) => urn);
  const unseen = away.map(({ why, is }) => ({ why, count: managed.filter(is).length }));
  return { urns, unseen: unseen.filter(({ count }) => count > 0) };
}

/** Why the stack's Nexus can't be asked; undefined where it answers, or the stack has none. */
async function nexusProblem({ outputs }: StackState): Promise<string | undefined> {
  const [url, ca] = [outputs["nexusUrl"], outputs["nexusCa"]];
  if (typeof url !== "string") return undefined;
  const nobody = { url, username: "", password: "", ...(typeof ca === "string" && { ca }) };
  const anything = [200, 401, 403, 404, 503];
  try {
    await callNexus(nobody, "GET", "/service/rest/v1/status", anything, undefined, { patience: GLANCE_MS });
    return undefined;
  } catch (error) {
    if (error instanceof NexusFailure) return `Nexus at ${url} does not answer (${error.message})`;
    throw error;
  }
}

/** Objects in Nexus, and tags in its registries. */
function isInNexus({ type }: StateResource): boolean {
  return /^pulumi-nodejs:dynamic\/(nexus|registry):/.test(type);
}

function isOn(docker: string, state: StackState, resource: StateResource): boolean {
  if (resource.type.startsWith("docker:")) return addressOf(state.providerOf(resource)) === docker;
  return JSON.stringify(resource.inputs ?? {}).includes(JSON.stringify(docker));
}

/** That something was left out, and why. */
export function unseenText({ why, count }: Unseen): string {
  return `${count === 1 ? "1 resource is" : `${count} resources are`} not looked at: ${why}.`;
}
