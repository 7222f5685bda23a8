import { IDENTITY_LABEL, RESOURCE_LABEL } from "../../components/base/stack-identity";
import { drainsUntil } from "../../components/deploy/processes/draining";
import { dockerHost } from "../../components/docker/docker-host";
import { dockerHosts } from "../../components/settings/settings";
import { engineError, engineFailure } from "../engine/engine-error";
import { resourceName } from "../engine/resource-words";
import { IDENTITY_TYPE, StackState } from "../engine/stack-state";
import type { Report } from "../terminal/report";
import type { OpenStack } from "./open-stack";

/**
 * Removes the containers and networks that a killed run began to create and never recorded; the engine itself
 * would leave them for good, holding their ports. Only what carries this stack's identity, belongs to an operation
 * that the state says was interrupted, is older than this run and is not in the state now: whoever opens the wrong
 * state must lose nothing. Volumes are named and left: they may hold data.
 *
 * To be called only when no other run can be under way: after this run has held the lock, or released a dead one.
 * @returns how many were removed
 */
export async function sweepInterrupted(open: OpenStack, report: Report): Promise<number> {
  const { file, name, before } = open;
  if (before.interrupted.length === 0) return 0;
  const resources = interruptedCreations(before);
  const now = await StackState.read(name).catch(engineFailure);
  let removed = 0;
  for (const address of dockerHosts(file.settings())) {
    for (const resource of resources)
      removed += await sweepHost(address, { now, resource, before: before.readAt }, report);
  }
  if (now.identity && now.interrupted.length > 0) await forgetInterrupted(open, now, report);
  return removed;
}

/**
 * Takes interrupted creations out of the state. The engine can't know that somebody has looked: it would warn of them in every
 * run from now on, and advise what only people at a terminal can do. Its own way is a refresh, here of one resource.
 */
async function forgetInterrupted({ stack, name }: OpenStack, now: StackState, report: Report): Promise<void> {
  const target = now.resources.filter(({ type }) => type === IDENTITY_TYPE).map(({ urn }) => urn);
  await stack
    .refresh({ target, clearPendingCreates: true, color: "never", showSecrets: false })
    .catch((error: unknown) => {
      report.say(
        `What a killed run of ${name} began is dealt with, and still noted in the state: ${engineError(error)}. ` +
          "The next run takes it out; the engine warns of it until then.",
      );
    });
}

/** Names of the Docker resources whose creation was interrupted. */
export function interruptedCreations({ interrupted }: Pick<StackState, "interrupted">): string[] {
  return interrupted
    .filter(({ type }) => type.startsWith("docker:index/"))
    .map(({ urn }) => resourceName(urn));
}

export interface Interrupted {
  /** The state after this run. */
  readonly now: StackState;
  /** Name of the resource whose creation was interrupted: `nexus-container`. */
  readonly resource: string;
  /** Whatever was made later is somebody else's. */
  readonly before: Date;
}

/** One resource on one host, by its Docker address. @returns how many things were removed */
export async function sweepHost(address: string, wanted: Interrupted, report: Report): Promise<number> {
  const { now, resource, before } = wanted;
  if (!now.identity) {
    await nameSuspects(address, wanted, report);
    return 0;
  }
  const docker = dockerHost(address);
  const filters = { label: [`${IDENTITY_LABEL}=${now.identity.identity}`, `${RESOURCE_LABEL}=${resource}`] };
  const why = "a killed run began it and the state doesn't know it";
  // A process of a release before that drains isn't in the state either, and ends by itself.
  const containers = (await docker.listContainers({ all: true, filters })).filter(
    (one) => !now.lists(one.Id) && one.Created * 1000 < before.getTime() && drainsUntil(one) === undefined,
  );
  for (const { Id, Names } of containers) {
    report.say(`Removing container ${Names[0]?.slice(1)} on ${address}: ${why}.`);
    await docker.getContainer(Id).remove({ force: true });
  }
  const networks = (await docker.listNetworks({ filters })).filter(
    ({ Id, Created }) => !now.lists(Id) && new Date(Created) < before,
  );
  for (const { Id, Name } of networks) {
    report.say(`Removing network ${Name} on ${address}: ${why}.`);
    await docker.getNetwork(Id).remove();
  }
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) {
    if (now.lists(Name)) continue;
    report.say(
      `Volume ${Name} on ${address} is left: ${why}, but it may hold data. docker volume rm ${Name}`,
    );
  }
  return containers.length + networks.length;
}

/** A killed run of before identities: its containers can't be told from those of another team. */
async function nameSuspects(address: string, { now, resource }: Interrupted, report: Report): Promise<void> {
  const filters = { label: [`${RESOURCE_LABEL}=${resource}`] };
  const found = await dockerHost(address).listContainers({ all: true, filters });
  for (const { Id, Names, Labels } of found) {
    if (Labels[IDENTITY_LABEL] !== undefined || now.lists(Id)) continue;
    const name = Names[0]?.slice(1);
    report.say(
      `Container ${name} on ${address} is left: a killed run may have begun it, or another team made it, as it carries no ` +
        `identity. If it is yours: docker rm -f ${name}`,
    );
  }
}
