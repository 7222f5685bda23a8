import { dockerHost } from "../components/docker-host";
import { engineJson } from "./engine-json";
import type { OpenStack } from "./open-stack";
import type { Report } from "./report";
import { dockerHosts } from "./services/expected-services";

interface Operation {
  readonly type: string;
  readonly resource: { readonly urn: string; readonly type: string };
}

interface Checkpoint {
  readonly resources?: readonly { readonly type: string; readonly id?: string }[];
  readonly pending_operations?: readonly Operation[];
}

/** What a killed run may have begun and never recorded, as the stack's state said before this run. */
export interface Interrupted {
  readonly resources: readonly string[];
  /** Whatever was made later is somebody else's. */
  readonly before: Date;
}

/** @param stack its name; one that has no state yet has nothing interrupted */
export async function findInterrupted(stack: string): Promise<Interrupted> {
  const before = new Date();
  const { deployment } = await exportedState(stack);
  return { resources: interruptedCreations(deployment), before };
}

/**
 * Removes the containers and networks that a killed run began to create and never recorded; the engine itself
 * would leave them for good, holding their ports. Only what carries this stack's labels, belongs to an operation
 * that the state says was interrupted, is older than this run and is not in the state now: whoever opens the wrong
 * state must lose nothing. Volumes are named and left: they may hold data.
 *
 * To be called only when no other run can be under way: after this run has held the lock, or released a dead one.
 * @returns how many were removed
 */
export async function sweepInterrupted(
  { file, name }: OpenStack,
  { resources, before }: Interrupted,
  report: Report,
): Promise<number> {
  if (resources.length === 0) return 0;
  const { deployment } = await exportedState(name);
  const known = new Set(deployment?.resources?.map((resource) => resource.id));
  let removed = 0;
  for (const address of dockerHosts(file.settings())) {
    for (const resource of resources) {
      removed += await sweepHost(address, { stack: name, resource, known, before }, report);
    }
  }
  return removed;
}

function exportedState(stack: string): Promise<{ deployment: Checkpoint | null }> {
  return engineJson(stack, ["stack", "export"]);
}

/** Names of the Docker resources whose creation was interrupted. */
export function interruptedCreations(checkpoint: Checkpoint | null): string[] {
  return (checkpoint?.pending_operations ?? [])
    .filter(({ type, resource }) => type === "creating" && resource.type.startsWith("docker:index/"))
    .map(({ resource }) => resource.urn.split("::").at(-1)!);
}

interface Wanted {
  readonly stack: string;
  readonly resource: string;
  readonly known: ReadonlySet<string | undefined>;
  readonly before: Date;
}

async function sweepHost(address: string, wanted: Wanted, report: Report): Promise<number> {
  const { stack, resource, known, before } = wanted;
  const docker = dockerHost(address);
  const filters = { label: ["berth.project=berth", `berth.stack=${stack}`, `berth.resource=${resource}`] };
  const why = "a killed run began it and the state doesn't know it";
  const containers = (await docker.listContainers({ all: true, filters })).filter(
    ({ Id, Created }) => !known.has(Id) && Created * 1000 < before.getTime(),
  );
  for (const { Id, Names } of containers) {
    report.say(`Removing container ${Names[0]?.slice(1)} on ${address}: ${why}.`);
    await docker.getContainer(Id).remove({ force: true });
  }
  const networks = (await docker.listNetworks({ filters })).filter(
    ({ Id, Created }) => !known.has(Id) && new Date(Created) < before,
  );
  for (const { Id, Name } of networks) {
    report.say(`Removing network ${Name} on ${address}: ${why}.`);
    await docker.getNetwork(Id).remove();
  }
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) {
    if (known.has(Name)) continue;
    report.say(
      `Volume ${Name} on ${address} is left: ${why}, but it may hold data. docker volume rm ${Name}`,
    );
  }
  return containers.length + networks.length;
}
