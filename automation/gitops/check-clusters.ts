import { Cluster } from "../../components/cluster/cluster";
import { ClusterError } from "../../components/cluster/cluster-error";
import { lookAtWorkload } from "../../components/cluster/workload";
import { type WorkloadPlace, workloadLabel, workloadsOf } from "../../components/gitops/rollout";
import type { AppSettings } from "../../components/settings/app-settings";
import type { OpenStack } from "../stack/open-stack";
import { CommandError } from "../terminal/exit";
import type { Report } from "../terminal/report";

/**
 * Makes sure that the clusters of an update's apps can be asked, before anything is built, written or deployed. A Deployment that isn't
 * there may come with the release. Where a cluster gives no answer that is said, and the update goes on: with it down, the way back on
 * servers is needed most.
 * @throws CommandError where no kubeconfig can be read, or its account may not look; nothing is changed then
 */
export async function checkClusters({ file }: Pick<OpenStack, "file">, report: Report): Promise<void> {
  const places = file.settings().apps.flatMap(followed);
  const found = await Promise.all(places.map(problemWith));
  for (const problem of found)
    if (problem?.kind === "silent") report.say(`Not known what a cluster runs: ${problem.message}`);
  const refused = found.flatMap((problem, index) =>
    problem && problem.kind !== "silent"
      ? [`${places[index]!.app} in ${workloadLabel(places[index]!)}: ${problem.message}`]
      : [],
  );
  if (refused.length > 0)
    throw new CommandError(
      ["Nothing was changed. Clusters that can't be asked whether pods run the release:", ...refused].join(
        "\n",
      ),
    );
}

/** What waits for somebody to merge it isn't waited for. */
function followed(app: AppSettings): WorkloadPlace[] {
  return workloadsOf(app).flatMap(({ target, place }) => (target.mergeRequest ? [] : [place]));
}

async function problemWith(place: WorkloadPlace): Promise<ClusterError | undefined> {
  try {
    await lookAtWorkload(await Cluster.open(place), place.deployment);
    return undefined;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return error.kind === "missing" ? undefined : error;
  }
}
