import type { Cluster } from "./cluster";
import type { Client } from "./kubeconfig";

type V1Container = InstanceType<Client["V1Container"]>;
type V1ContainerStatus = InstanceType<Client["V1ContainerStatus"]>;
type V1Deployment = InstanceType<Client["V1Deployment"]>;
type V1Pod = InstanceType<Client["V1Pod"]>;

/** A pod of a Deployment, as far as it tells how a release is doing. */
export interface PodLook {
  readonly name: string;
  /** Of its containers, as the pod names them: `host:port/blog@sha256:…`. */
  readonly images: readonly string[];
  readonly ready: boolean;
  /** It is being ended: it may still answer, and doesn't count. */
  readonly ends: boolean;
  /** Why a container of it doesn't run: `ImagePullBackOff`, with what the node says of it. */
  readonly troubles: readonly Trouble[];
}

export interface Trouble {
  readonly container: string;
  /** Kubernetes's word: `ImagePullBackOff`, `CrashLoopBackOff`, `OOMKilled`, `Unschedulable`. */
  readonly reason: string;
  readonly said: string;
  readonly restarts: number;
}

/** A Deployment with its pods. */
export interface Workload {
  readonly name: string;
  /** What its template asks for, of all of its containers. */
  readonly images: readonly string[];
  readonly replicas: number;
  /** Its controller has seen the template, and every pod is of it and available: what `kubectl rollout status` waits for. */
  readonly settled: boolean;
  /** Why its controller has given up, as it says it; undefined where it hasn't. */
  readonly stuck: string | undefined;
  readonly pods: readonly PodLook[];
}

/** How a Deployment and its pods are. @throws ClusterError */
export async function lookAtWorkload(cluster: Cluster, name: string): Promise<Workload> {
  const { namespace } = cluster;
  const deployment = await cluster.ask({ verb: "get", resource: "deployments", name }, ({ apps }) =>
    apps.readNamespacedDeployment({ name, namespace }),
  );
  const labelSelector = selectorOf(deployment);
  const { items } = await cluster.ask({ verb: "list", resource: "pods" }, ({ core }) =>
    core.listNamespacedPod({ namespace, labelSelector }),
  );
  const { spec, status = {}, metadata } = deployment;
  const replicas = spec?.replicas ?? 1;
  const { updatedReplicas = 0, availableReplicas = 0, replicas: all = 0, observedGeneration = 0 } = status;
  const isSeen = observedGeneration >= (metadata?.generation ?? 0);
  const stuck = (status.conditions ?? []).find(
    ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
  );
  return {
    name,
    images: imagesOf(spec?.template.spec),
    replicas,
    settled:
      isSeen && updatedReplicas >= replicas && availableReplicas >= replicas && all === updatedReplicas,
    stuck: isSeen ? stuck?.message : undefined,
    pods: items.map(podLook),
  };
}

/** The digest of an image's name, `sha256:…`; undefined where it names none. */
export function digestOf(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}

/** Whether one of a template's or a pod's containers is of a digest: beside it there may be others, as a proxy's. */
export function uses(images: readonly string[], digest: string): boolean {
  return images.some((image) => digestOf(image) === digest);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function selectorOf({ spec }: V1Deployment): string {
  const { matchLabels = {}, matchExpressions = [] } = spec?.selector ?? {};
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    return operator === "DoesNotExist" ? `!${key}` : `${key} ${operator.toLowerCase()} (${values.join(",")})`;
  });
  return [...labels, ...expressions].join(",");
}

function imagesOf(
  spec:
    | { readonly containers: readonly V1Container[]; readonly initContainers?: readonly V1Container[] }
    | undefined,
): string[] {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return all.flatMap(({ image }) => image ?? []);
}

function podLook({ metadata, spec, status }: V1Pod): PodLook {
  const conditions = status?.conditions ?? [];
  const unplaced = conditions.find(
    ({ type, reason }) => type === "PodScheduled" && reason === "Unschedulable",
  );
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return {
    name: metadata?.name ?? "",
    images: imagesOf(spec),
    ready: conditions.some((one) => one.type === "Ready" && one.status === "True"),
    ends: metadata?.deletionTimestamp !== undefined,
    troubles: [
      ...(unplaced
        ? [{ container: "", reason: "Unschedulable", said: unplaced.message ?? "", restarts: 0 }]
        : []),
      ...containers.flatMap(troubleOf),
    ],
  };
}

/** Waiting to be pulled or made for the first time is no trouble. */
const USUAL = ["ContainerCreating", "PodInitializing"];

function troubleOf({ name, state, lastState, restartCount }: V1ContainerStatus): Trouble[] {
  const ended = state?.terminated ?? lastState?.terminated;
  const said =
    ended && ended.exitCode !== 0
      ? `it ended with exit code ${ended.exitCode} (${ended.reason ?? "Error"})`
      : "";
  const { reason, message = "" } = state?.waiting ?? {};
  if (reason !== undefined && !USUAL.includes(reason))
    return [
      {
        container: name,
        reason,
        said: reason === "CrashLoopBackOff" ? said : message,
        restarts: restartCount,
      },
    ];
  if (state?.terminated && said !== "")
    return [{ container: name, reason: state.terminated.reason ?? "Error", said, restarts: restartCount }];
  return [];
}
