import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { hasShape, type Shape } from "../base/shape";
import { Cluster } from "../cluster/cluster";
import { ClusterError } from "../cluster/cluster-error";
import { followRollout, servedOf, servingPods } from "../cluster/follow-rollout";
import type { ClusterPlace } from "../cluster/kubeconfig";
import { rolloutFailure } from "../cluster/rollout-failure";
import { lookAtWorkload, uses } from "../cluster/workload";
import { parseReference } from "../registry/reference";
import type { AppSettings } from "../settings/app-settings";

/** A Deployment of a cluster. */
export interface WorkloadPlace extends ClusterPlace {
  readonly app: string;
  readonly deployment: string;
}

export interface RolloutArgs extends WorkloadPlace {
  /** repository@digest in Nexus: what the pods are to run. */
  readonly image: pulumi.Input<string>;
  /** Seconds until they have to be ready. */
  readonly timeout: number;
  /** What came of the file: another commit is another rollout, also of a digest that ran before. */
  readonly commit: pulumi.Input<string>;
}

type Wanted = pulumi.Unwrap<RolloutArgs>;

/**
 * Waits until the pods of a Deployment run a release, which Argo CD, Flux or somebody brings to the cluster. If they don't, this step
 * fails, and what served before serves on as the Deployment's own strategy has it. Nothing is changed in the cluster.
 */
export class Rollout extends DynamicResource {
  constructor(name: string, args: RolloutArgs, opts?: pulumi.CustomResourceOptions) {
    super("gitops.Rollout", name, args, opts);
  }
}

/** The type of its resources, as states and events have it. */
export const ROLLOUT = "pulumi-nodejs:dynamic/gitops:Rollout";

const place = {
  app: z.string(),
  kubeconfig: z.optional(z.string()),
  context: z.optional(z.string()),
  namespace: z.string(),
  deployment: z.string(),
};
const wanted: Shape<Wanted> = z.looseObject({
  ...place,
  image: z.string(),
  timeout: z.number(),
  commit: z.string(),
});
const workload: Shape<WorkloadPlace> = z.looseObject(place);

/** Which Deployment these inputs are of; undefined for what is none. */
export function plannedWorkload(told: unknown): WorkloadPlace | undefined {
  return hasShape(workload, told) ? told : undefined;
}

/** An app's Deployments in clusters that Berth asks, each with its target. */
export function workloadsOf({ name, gitops }: Pick<AppSettings, "name" | "gitops">) {
  return gitops.flatMap((target) => {
    if (!target.cluster) return [];
    const { kubeconfig, context, namespace, deployment = [name], timeout } = target.cluster;
    const at = { app: name, kubeconfig, context, namespace };
    return deployment.map((one) => ({ target, timeout, place: { ...at, deployment: one } }));
  });
}

/** `blog/web`, with kubeconfig and context before it where settings name them. */
export function workloadLabel({
  kubeconfig,
  context,
  namespace,
  deployment,
}: Omit<WorkloadPlace, "app">): string {
  return [kubeconfig, context, `${namespace}/${deployment}`].filter((part) => part !== undefined).join(" ");
}

const rollout = dynamicProvider<Wanted, Wanted>({
  id: workloadLabel,
  inputs: wanted,
  state: wanted,
  changedBy: ["kubeconfig", "context", "namespace", "deployment", "image", "commit"],
  apply: follow,
  find,
});

export const providers = { Rollout: rollout };

async function follow(want: Wanted): Promise<Wanted> {
  const cluster = await Cluster.open(want);
  const { digest = "" } = parseReference(want.image);
  const stranded = await followRollout(cluster, { ...want, digest });
  if (stranded) throw new Error(await rolloutFailure(cluster, { ...want, digest }, stranded));
  return { ...want };
}

/** What pods that answer requests run now: all of it, where that is more than one image. */
async function find(had: Wanted): Promise<Wanted | undefined> {
  try {
    const seen = await lookAtWorkload(await Cluster.open(had), had.deployment);
    const { digest = "" } = parseReference(had.image);
    const serving = servingPods(seen);
    const isIt = serving.length > 0 && serving.every(({ images }) => uses(images, digest));
    return isIt ? { ...had } : { ...had, image: servedOf(had.app, seen).join(", ") || "no pod is ready" };
  } catch (error) {
    if (error instanceof ClusterError && error.kind === "missing") return undefined;
    throw error;
  }
}
