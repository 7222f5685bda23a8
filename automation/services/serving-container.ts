import type { ContainerInfo } from "dockerode";
import { APP_LABEL } from "../../components/base/stack-identity";
import { servedByEdge } from "../../components/deploy/route";
import { findEdge } from "../../components/edge/running-edge";
import type { ExpectedService } from "./service";

/**
 * The container of a service that does its work. Where an update failed there are two of an app; the edge proxy's
 * configuration says which gets the requests, also while the edge is stopped. Where it can't be asked, the newest of those that run
 * and aren't unhealthy counts, as for a process, which nobody sends requests to.
 */
export async function servingContainer(
  service: ExpectedService,
  containers: readonly ContainerInfo[],
  edge: string | undefined,
): Promise<ContainerInfo | undefined> {
  if (containers.length <= 1) return containers[0];
  const { docker, app, process } = service;
  if (process !== undefined) return [...containers].sort(byUse)[0];
  // That its host doesn't answer is told elsewhere.
  const unlessSilent = (asked: Promise<string | undefined>) => asked.catch(() => undefined);
  const candidates = app
    ? namesOf(app, containers).map((one) => edge && unlessSilent(servedByEdge({ docker, edge, app: one })))
    : [unlessSilent(activeOf(docker, containers))];
  const served = await Promise.all(candidates);
  const serving = served.flatMap((one) => containers.find(({ Names }) => Names.includes(`/${one}`)) ?? []);
  return serving[0] ?? [...containers].sort(byUse)[0];
}

/** Where an update that was to rename the app failed, the edge may know it by the name before. */
function namesOf(app: string, containers: readonly ContainerInfo[]): string[] {
  return [...new Set([app, ...containers.flatMap(({ Labels }) => Labels[APP_LABEL] ?? [])])];
}

/** Of an edge's containers the one to which its doors lead. */
async function activeOf(docker: string, containers: readonly ContainerInfo[]): Promise<string | undefined> {
  return (await findEdge({ docker, edge: containers[0]!.Id }, { stopped: true }))?.notes.active;
}

/** Running ones first, those that aren't ill before the others, then the newest. */
function byUse(one: ContainerInfo, other: ContainerInfo): number {
  return rank(other) - rank(one) || other.Created - one.Created;
}

function rank({ State, Status }: ContainerInfo): number {
  if (State !== "running") return 0;
  return /\((unhealthy|health: starting)\)/.test(Status) ? 1 : 2;
}
