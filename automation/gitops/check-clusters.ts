import { Cluster } from "../../components/cluster/cluster";
import { ClusterError } from "../../components/cluster/cluster-error";
import { refuseForeignSecret } from "../../components/cluster/pull-secret";
import { lookAtWorkload } from "../../components/cluster/workload";
import { pullSecretsOf, secretLabel } from "../../components/gitops/pull-secret";
import { workloadLabel, workloadsOf } from "../../components/gitops/rollout";
import type { OpenStack } from "../stack/open-stack";
import { CommandError } from "../terminal/exit";
import type { Report } from "../terminal/report";

/** Something in a cluster that an update needs to look at. */
interface Look {
  readonly what: string;
  readonly look: () => Promise<unknown>;
}

/**
 * Makes sure that the clusters of an update's apps can be asked, before anything is built, written or deployed. A Deployment that isn't
 * there may come with the release. Where a cluster gives no answer that is said, and the update goes on: with it down, the way back on
 * servers is needed most.
 * @throws CommandError where no kubeconfig can be read, its account may not look, or a pull secret is somebody else's; nothing is changed then
 */
export async function checkClusters(open: Pick<OpenStack, "file" | "before">, report: Report): Promise<void> {
  const problems = (await Promise.all(looksFor(open).map(problemWith))).flat();
  for (const { kind, text } of problems)
    if (kind === "silent") report.say(`Not known what a cluster runs: ${text}`);
  const refused = problems.flatMap(({ kind, text }) => (kind === "silent" ? [] : [text]));
  if (refused.length > 0)
    throw new CommandError(["Nothing was changed. What can't be done in a cluster:", ...refused].join("\n"));
}

/** What waits for somebody to merge it isn't followed. */
function looksFor({ file, before }: Pick<OpenStack, "file" | "before">): Look[] {
  const { apps } = file.settings();
  const workloads = apps.flatMap(workloadsOf).filter(({ target }) => !target.mergeRequest);
  const identity = before.identity?.identity ?? "";
  return [
    ...workloads.map(({ place }) => ({
      what: `${place.app} in ${workloadLabel(place)}`,
      look: async () => lookAtWorkload(await Cluster.open(place), place.deployment),
    })),
    ...pullSecretsOf(apps).map((place) => ({
      what: `pull secret ${secretLabel(place)}`,
      look: async () => refuseForeignSecret(await Cluster.open(place), { ...place, identity }),
    })),
  ];
}

async function problemWith({ what, look }: Look) {
  try {
    await look();
    return [];
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { kind, message } = error;
    return kind === "missing" ? [] : [{ kind, text: `${what}: ${message}` }];
  }
}
