import { Cluster } from "../../components/cluster/cluster";
import { ClusterError } from "../../components/cluster/cluster-error";
import { servedOf, servingPods } from "../../components/cluster/follow-rollout";
import { refuseForeignSecret } from "../../components/cluster/pull-secret";
import { lookAtWorkload, type Workload } from "../../components/cluster/workload";
import { PULL_SECRET, type PullSecretPlace, plannedSecret } from "../../components/gitops/pull-secret";
import {
  plannedWorkload,
  ROLLOUT,
  type WorkloadPlace,
  workloadLabel,
  workloadsOf,
} from "../../components/gitops/rollout";
import type { AppSettings } from "../../components/settings/app-settings";
import type { Settings } from "../../components/settings/settings";
import type { StackState } from "../engine/stack-state";

/** A Deployment of an app, as its cluster told it. */
export interface WorkloadLook {
  readonly app: string;
  /** `blog/web`, with what names its cluster in the settings before it. */
  readonly workload: string;
  /** The API server; undefined where no kubeconfig could be read. */
  readonly cluster?: string;
  /** `stopped`: no pod is wanted. `unhealthy`: none is ready. */
  readonly state: "running" | "starting" | "unhealthy" | "stopped" | "missing" | "unreachable";
  readonly ready: number;
  readonly replicas: number;
  /** What the ready pods run of the app. */
  readonly images: readonly string[];
  /** Why it could not be asked. */
  readonly problem?: string;
  /** There is no kubeconfig here for it: another job's may have one. */
  readonly unasked?: boolean;
}

type Wanted = Pick<AppSettings, "name" | "gitops">;

/** Every Deployment that the apps' settings name. Without any nothing is loaded or asked. */
export function lookAtClusters(apps: readonly Wanted[]): Promise<WorkloadLook[]> {
  return Promise.all(apps.flatMap((app) => workloadsOf(app).map(({ place }) => lookAt(place))));
}

/**
 * What runs of a stack's apps. Those that wait in this checkout are looked for as well: another job may have deployed them, with a pin
 * that the checkout is too old for. Where there is nothing of one, nothing is missing.
 */
export async function lookAtWorkloads({
  apps,
  waiting,
}: Pick<Settings, "apps" | "waiting">): Promise<WorkloadLook[]> {
  const [told, others] = await Promise.all([lookAtClusters(apps), lookAtClusters(waiting)]);
  return [...told, ...others.filter(({ state }) => state !== "missing")];
}

async function lookAt(place: WorkloadPlace): Promise<WorkloadLook> {
  const what = { app: place.app, workload: workloadLabel(place), ready: 0, replicas: 0, images: [] };
  let server: { cluster?: string } = {};
  try {
    const cluster = await Cluster.open(place);
    server = { cluster: cluster.server };
    const seen = await lookAtWorkload(cluster, place.deployment);
    const { replicas } = seen;
    const ready = servingPods(seen).length;
    return { ...what, ...server, state: stateOf(seen), ready, replicas, images: servedOf(place.app, seen) };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.kind === "missing") return { ...what, ...server, state: "missing" };
    const unasked = error.kind === "misconfigured";
    return { ...what, ...server, state: "unreachable", problem: error.message, unasked };
  }
}

function stateOf(workload: Workload): WorkloadLook["state"] {
  if (workload.replicas === 0) return "stopped";
  if (workload.settled) return "running";
  return servingPods(workload).length > 0 ? "starting" : "unhealthy";
}

/** Deployments and pull secrets in a stack's state that a refresh can't look at, so that it goes on without them. */
export async function hiddenInClusters({
  resources,
}: Pick<StackState, "resources">): Promise<{ urn: string; why: string }[]> {
  const looks = resources.map(async ({ urn, type, inputs, delete: isReplaced }) => {
    if (isReplaced) return [];
    const workload = type === ROLLOUT ? plannedWorkload(inputs) : undefined;
    const secret = type === PULL_SECRET ? plannedSecret(inputs) : undefined;
    const why = workload ? (await lookAt(workload)).problem : secret && (await whyHidden(secret));
    return why === undefined ? [] : [{ urn, why }];
  });
  return (await Promise.all(looks)).flat();
}

async function whyHidden(
  secret: PullSecretPlace & { readonly identity: string },
): Promise<string | undefined> {
  try {
    await refuseForeignSecret(await Cluster.open(secret), secret);
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError) return error.message;
    throw error;
  }
}
