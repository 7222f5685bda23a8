import { dockerHost } from "../components/docker-host";
import type { Settings } from "../components/settings";
import { engineJson } from "./engine-json";
import type { OpenStack } from "./open-stack";
import type { Report } from "./report";

interface Operation {
  readonly type: string;
  readonly resource: { readonly urn: string; readonly type: string };
}

interface Checkpoint {
  readonly resources?: readonly { readonly type: string; readonly id?: string }[];
  readonly pending_operations?: readonly Operation[];
}

/**
 * Removes the containers and networks that a killed run began to create and never recorded; the engine itself
 * would leave them for good, holding their ports. Only what carries this stack's labels, belongs to an operation
 * that the state says was interrupted, and is not in the state: whoever opens the wrong state must lose nothing.
 * Volumes are named and left: they may hold data.
 */
export async function sweepInterrupted({ file, name }: OpenStack, report: Report): Promise<void> {
  const { deployment } = await engineJson<{ deployment: Checkpoint | null }>(name, ["stack", "export"]);
  const interrupted = interruptedCreations(deployment);
  if (!deployment || interrupted.length === 0) return;
  const known = new Set(deployment.resources?.map((resource) => resource.id));
  for (const address of dockerHosts(file.settings())) {
    for (const resource of interrupted) {
      await sweepHost(address, { stack: name, resource, known }, report);
    }
  }
}

/** Names of the Docker resources whose creation was interrupted. */
export function interruptedCreations(checkpoint: Checkpoint | null): string[] {
  return (checkpoint?.pending_operations ?? [])
    .filter(({ type, resource }) => type === "creating" && resource.type.startsWith("docker:index/"))
    .map(({ resource }) => resource.urn.split("::").at(-1)!);
}

function dockerHosts(settings: Settings): string[] {
  return [...new Set([settings.nexus.docker, ...settings.servers.map((server) => server.docker)])];
}

interface Wanted {
  readonly stack: string;
  readonly resource: string;
  readonly known: ReadonlySet<string | undefined>;
}

async function sweepHost(address: string, { stack, resource, known }: Wanted, report: Report): Promise<void> {
  const docker = dockerHost(address);
  const filters = { label: ["berth.project=berth", `berth.stack=${stack}`, `berth.resource=${resource}`] };
  for (const { Id, Names } of await docker.listContainers({ all: true, filters })) {
    if (known.has(Id)) continue;
    report.say(
      `Removing container ${Names[0]?.slice(1)} on ${address}: a killed run began it and the state doesn't know it.`,
    );
    await docker.getContainer(Id).remove({ force: true });
  }
  for (const { Id, Name } of await docker.listNetworks({ filters })) {
    if (known.has(Id)) continue;
    report.say(
      `Removing network ${Name} on ${address}: a killed run began it and the state doesn't know it.`,
    );
    await docker.getNetwork(Id).remove();
  }
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) {
    if (known.has(Name)) continue;
    report.say(
      `Volume ${Name} on ${address} was begun by a killed run and is left: docker volume rm ${Name}`,
    );
  }
}
