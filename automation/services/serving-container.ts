import type { ContainerInfo } from "dockerode";
import { servedByEdge } from "../../components/deploy/route";
import type { ExpectedService } from "./service";

/**
 * The container of a service that does its work. Where an update failed there are two of an app; the edge proxy's
 * configuration says which gets the requests, also while the edge is stopped. Where it can't be asked, the newest of those that run
 * and aren't unhealthy counts.
 */
export async function servingContainer(
  service: ExpectedService,
  containers: readonly ContainerInfo[],
  edge: string | undefined,
): Promise<ContainerInfo | undefined> {
  if (containers.length <= 1) return containers[0];
  const { docker, app } = service;
  // That its host doesn't answer is told elsewhere.
  const served = edge && app ? await servedByEdge({ docker, edge, app }).catch(() => undefined) : undefined;
  const serving = containers.find(({ Names }) => Names.includes(`/${served}`));
  return serving ?? [...containers].sort(byUse)[0];
}

function byUse(one: ContainerInfo, other: ContainerInfo): number {
  return rank(other) - rank(one) || other.Created - one.Created;
}

function rank({ State, Status }: ContainerInfo): number {
  if (State !== "running") return 0;
  return /\((unhealthy|health: starting)\)/.test(Status) ? 1 : 2;
}
