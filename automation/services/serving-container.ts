import type { ContainerInfo } from "dockerode";
import { servedNow } from "../../components/deploy/route";
import { findEdge } from "../../components/edge/running-edge";
import type { ExpectedService } from "./service";

/**
 * The container of a service that does its work. Where an update failed there are two of an app; the edge proxy's
 * configuration says which gets the requests. Where it can't be asked, the newest that runs counts.
 */
export async function servingContainer(
  service: ExpectedService,
  containers: readonly ContainerInfo[],
  edge: string | undefined,
): Promise<ContainerInfo | undefined> {
  if (containers.length <= 1) return containers[0];
  const { docker, app } = service;
  // An edge that can't be asked says nothing.
  const named = app
    ? edge === undefined
      ? Promise.resolve("")
      : servedNow({ docker, edge, app })
    : activeOf(docker, containers);
  const served = await named.catch(() => "");
  const serving = containers.find(({ Names }) => Names.includes(`/${served}`));
  return serving ?? [...containers].sort(byUse)[0];
}

/** Of an edge's containers the one to which its doors lead. */
async function activeOf(docker: string, containers: readonly ContainerInfo[]): Promise<string> {
  const running = containers.find(({ State }) => State === "running");
  return (running && (await findEdge({ docker, edge: running.Id }))?.notes.active) ?? "";
}

/** Running ones first, then the newest. */
function byUse(one: ContainerInfo, other: ContainerInfo): number {
  const runs = ({ State }: ContainerInfo) => Number(State === "running");
  return runs(other) - runs(one) || other.Created - one.Created;
}
