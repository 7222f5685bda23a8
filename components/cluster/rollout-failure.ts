import { messageOf } from "../values/error-facts";
import type { Cluster } from "./cluster";
import { podsOf, type RolloutWish, type Stranded, servedOf, servingPods } from "./follow-rollout";
import { digestOf, type PodLook, uses, type Workload } from "./workload";

const LOG_LINES = 50;
const EVENTS = 10;
/** One hears of so many pods: the others mostly say the same. */
const PODS = 3;

export interface FailedRollout extends RolloutWish {
  readonly app: string;
  /** repository@digest. */
  readonly image: string;
}

/** What to say where the pods of a release aren't ready: why, their last words, what still serves, and what to do. */
export async function rolloutFailure(
  cluster: Cluster,
  wish: FailedRollout,
  { why, workload }: Stranded,
): Promise<string> {
  const { app, deployment, digest } = wish;
  const head = `${app}: Deployment ${cluster.namespace}/${deployment} of cluster ${cluster.server} ${why}.`;
  if (!workload) return [head, await deploymentsThere(cluster), NOT_THERE].join("\n");
  const lines = uses(workload.images, digest)
    ? await podLines(cluster, wish, workload)
    : [asksFor(workload), whyNotAsked(wish, workload)];
  return [head, ...lines, serving(app, workload), nextStep(wish, workload)].join("\n");
}

const NOT_THERE =
  "Next: is that its name and namespace (gitops: { cluster: { namespace, deployment } }), and has Argo CD or Flux applied the commit? " +
  "Its own status says why not.";

function nextStep({ image, digest }: FailedRollout, workload: Workload): string {
  if (!uses(workload.images, digest))
    return "Next: look at the status of the Application, Kustomization or HelmRelease, then berth up again, or berth rollback.";
  const troubles = podsOf(workload, digest).flatMap((pod) => pod.troubles);
  if (troubles.some(({ reason }) => /ImagePull|InvalidImage/.test(reason)))
    return (
      `Next: a node has to reach ${image.replace(/\/.*$/, "")} and trust its certificate, and the pods need a pull secret of an account ` +
      "that may read there: docs/kubernetes.md. Then berth up again, or berth rollback."
    );
  return "Next: mend the app and berth up again, or berth rollback.";
}

function asksFor({ images }: Workload): string {
  return `Its template asks for ${images.join(", ") || "no image"}.`;
}

/** Whether the chart ignores the digest can be seen where it names the same repository by something else. */
function whyNotAsked({ image }: FailedRollout, { images }: Workload): string {
  const repository = image.replace(/@.*$/, "");
  const own = images.find((one) => one === repository || one.startsWith(`${repository}:`));
  return own !== undefined && digestOf(own) === undefined
    ? "That names the image without a digest: the chart doesn't use the value that Berth writes. Have it take image.digest."
    : "The commit is in the branch, and it isn't applied: Argo CD or Flux has not taken it, or may not, or the chart doesn't use these values.";
}

function serving(app: string, workload: Workload): string {
  const images = servedOf(app, workload);
  const pods = servingPods(workload).length;
  return pods === 0
    ? "What still serves: nothing, no pod of it is ready."
    : `What still serves: ${pods} ${pods === 1 ? "pod" : "pods"} of ${images.join(", ")}.`;
}

async function deploymentsThere(cluster: Cluster): Promise<string> {
  const { namespace } = cluster;
  return optional(`What namespace ${namespace} has`, async () => {
    const { items } = await cluster.ask({ verb: "list", resource: "deployments" }, ({ apps }) =>
      apps.listNamespacedDeployment({ namespace }),
    );
    const names = items.flatMap(({ metadata }) => metadata?.name ?? []);
    return `Namespace ${namespace} has ${names.length > 0 ? `the Deployments ${names.join(", ")}` : "no Deployment"}.`;
  });
}

async function podLines(cluster: Cluster, { deployment, digest }: FailedRollout, workload: Workload) {
  const pods = podsOf(workload, digest);
  const poor = pods.filter(({ ready }) => !ready).slice(0, PODS);
  const about = pods.length === 0 ? [deployment] : poor.map(({ name }) => name);
  const log = poor.find(({ troubles }) => !troubles.some(({ reason }) => /Image|Unschedulable/.test(reason)));
  return [
    ...(pods.length === 0 ? ["It has no pod of the release."] : poor.flatMap(troubleLines)),
    await events(cluster, about),
    ...(log ? [await lastLog(cluster, log)] : []),
  ];
}

function troubleLines({ name, troubles }: PodLook): string[] {
  if (troubles.length === 0)
    return [`Pod ${name} runs, and isn't ready: what does its readiness probe ask for?`];
  return troubles.map(({ container, reason, said, restarts }) => {
    const where = container === "" ? "" : `, container ${container}`;
    const often = restarts > 0 ? `, ${restarts} restarts` : "";
    return `Pod ${name}${where}: ${reason}${often}${said === "" ? "" : `: ${said}`}`;
  });
}

/** Warnings about these objects, newest last. */
function events(cluster: Cluster, names: readonly string[]): Promise<string> {
  const { namespace } = cluster;
  return optional("Their events", async () => {
    const { items } = await cluster.ask({ verb: "list", resource: "events" }, ({ core }) =>
      core.listNamespacedEvent({ namespace, fieldSelector: "type=Warning" }),
    );
    const own = items
      .filter(({ involvedObject }) => names.some((name) => involvedObject.name?.startsWith(name)))
      .sort((one, other) => timeOf(one) - timeOf(other))
      .map(({ reason = "", message = "" }) => `  ${reason}: ${message.trim()}`);
    const last = [...new Set(own)].slice(-EVENTS);
    return last.length > 0 ? ["Its events:", ...last].join("\n") : "It has no events of the kind Warning.";
  });
}

function timeOf({
  lastTimestamp,
  eventTime,
}: {
  readonly lastTimestamp?: Date;
  readonly eventTime?: Date;
}): number {
  return (lastTimestamp ?? eventTime)?.getTime() ?? 0;
}

/** Of a container that waits to be started again Kubernetes gives the log of the time before. */
function lastLog(cluster: Cluster, { name, troubles }: PodLook): Promise<string> {
  const { namespace } = cluster;
  const container = troubles.find((trouble) => trouble.container !== "")?.container;
  return optional("Its log", async () => {
    const text = await cluster.ask({ verb: "get", resource: "pods/log", name }, ({ core }) =>
      core.readNamespacedPodLog({ name, namespace, tailLines: LOG_LINES, ...(container && { container }) }),
    );
    return `Its last log lines:\n${text.trimEnd() || "(none)"}`;
  });
}

/** What would help to understand a failure, and isn't the failure: without rights for it the rest is told. */
async function optional(what: string, tell: () => Promise<string>): Promise<string> {
  try {
    return await tell();
  } catch (error) {
    return `${what} can't be read: ${messageOf(error)}`;
  }
}
