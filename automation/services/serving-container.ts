import type { ContainerInfo } from "dockerode";
import { dockerHost, execIn } from "../../components/docker-host";
import { edgeSoftware } from "../../components/edge/software";
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
  const served = edge && service.app ? await servedBy(service.docker, edge, service.app) : undefined;
  const serving = containers.find(({ Names }) => Names.includes(`/${served}`));
  return serving ?? [...containers].sort(byUse)[0];
}

/** Name of the container that an app's requests go to, as the edge's own file says; undefined where it says nothing. */
async function servedBy(docker: string, edge: string, app: string): Promise<string | undefined> {
  const container = dockerHost(docker).getContainer(edge);
  for (const { sites, extension, servedBy } of Object.values(edgeSoftware)) {
    const file = `${sites}/${app}.${extension}`;
    const { exitCode, output } = await execIn(container, ["cat", file]).catch(() => NOTHING);
    if (exitCode === 0) return servedBy(output);
  }
  return undefined;
}

const NOTHING = { exitCode: 1, output: "" };

/** Running ones first, then the newest. */
function byUse(one: ContainerInfo, other: ContainerInfo): number {
  const runs = ({ State }: ContainerInfo) => Number(State === "running");
  return runs(other) - runs(one) || other.Created - one.Created;
}
