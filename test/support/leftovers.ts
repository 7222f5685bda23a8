import { execFileSync } from "node:child_process";
import { dockerAt, standardSocket } from "../../sandbox/docker/client";
import { TEST_OWNERS } from "./identity";

/**
 * Removes what killed runs of the tests have left: network namespaces, and things in the main Docker. Containers come up again
 * with it, hold ports and are counted by the tests of the next run. Known by names and owners that nobody has but these
 * tests. No other run may be under way.
 */
export async function removeLeftovers(): Promise<void> {
  const namespaces = execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).match(/^berth-own-\w+/gm);
  for (const name of namespaces ?? []) execFileSync("ip", ["netns", "delete", name]);
  const docker = dockerAt(standardSocket);
  for (const owner of TEST_OWNERS) {
    const filters = { label: [`berth.owner=${owner}`] };
    const containers = await docker.listContainers({ all: true, filters });
    for (const { Id, Names } of containers) {
      await docker.getContainer(Id).remove({ force: true, v: true });
      console.log(`removed the container ${Names[0]} of a run before`);
    }
    for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
    const { Volumes } = await docker.listVolumes({ filters });
    for (const { Name } of Volumes ?? []) await docker.getVolume(Name).remove();
  }
}
