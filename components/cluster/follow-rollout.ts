import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster";
import { ClusterError } from "./cluster-error";
import { lookAtWorkload, type PodLook, type Trouble, uses, type Workload } from "./workload";

/** Milliseconds between two looks: often for as long as an update of small pods takes. */
const SOON_MS = 150;
const SOON_FOR_MS = 15_000;
const LATER_MS = 1_500;
/** A container that was started this often doesn't get better: Kubernetes waits 10, 20, 40, … s in between. */
const RESTARTS = 3;
/** What a node says of an image that it won't get by trying again. */
const NO_SUCH_PULL =
  /not found|unauthorized|denied|forbidden|no basic auth|\b40[134]\b|no match for platform/i;

/** Why the pods of a release aren't ready. */
export interface Stranded {
  /** Goes on after the name of the Deployment. */
  readonly why: string;
  /** As last seen; undefined where the Deployment never was. */
  readonly workload: Workload | undefined;
}

export interface RolloutWish {
  readonly deployment: string;
  /** `sha256:…`: what the pods are to run. */
  readonly digest: string;
  /** Seconds. */
  readonly timeout: number;
}

/**
 * Waits until a Deployment asks for a digest, and all of its pods that count are of it and ready. A cluster that gives no answer for
 * a while is asked again; so is one where the Deployment isn't there yet.
 * @returns undefined once they are, or why they aren't
 * @throws ClusterError where this account may not look
 */
export async function followRollout(cluster: Cluster, wish: RolloutWish): Promise<Stranded | undefined> {
  const began = Date.now();
  let workload: Workload | undefined;
  for (;;) {
    const passed = Date.now() - began;
    const late = passed > wish.timeout * 1000;
    try {
      workload = await lookAtWorkload(cluster, wish.deployment);
      const state = stateOf(workload, wish.digest);
      if (state === "ready") return undefined;
      if (state.isLost || late)
        return { why: late ? `${state.why} after ${wish.timeout} s` : state.why, workload };
    } catch (error) {
      if (!(error instanceof ClusterError) || !["silent", "missing"].includes(error.kind)) throw error;
      if (late)
        return { why: `can't be followed any longer after ${wish.timeout} s: ${error.message}`, workload };
    }
    await sleep(passed < SOON_FOR_MS ? SOON_MS : LATER_MS);
  }
}

/** How far a Deployment is with a digest. */
export function stateOf(
  workload: Workload,
  digest: string,
): "ready" | { readonly why: string; readonly isLost: boolean } {
  const { images, settled, stuck, replicas } = workload;
  if (!uses(images, digest)) return { why: `doesn't ask for ${digest}`, isLost: false };
  const pods = podsOf(workload, digest);
  const ready = pods.filter((pod) => pod.ready).length;
  if (settled && ready >= replicas) return "ready";
  const hopeless = pods.flatMap(({ troubles }) => troubles).find(isHopeless);
  const why = `has ${ready} of ${replicas} pods of the release ready`;
  if (hopeless) return { why: `${why}, and a pod won't get there (${hopeless.reason})`, isLost: true };
  if (stuck !== undefined) return { why: `${why}, and Kubernetes has given up (${stuck})`, isLost: true };
  return { why, isLost: false };
}

/** The pods of a digest that count. */
export function podsOf({ pods }: Pick<Workload, "pods">, digest: string): PodLook[] {
  return pods.filter(({ images, ends }) => !ends && uses(images, digest));
}

function isHopeless({ reason, said, restarts }: Trouble): boolean {
  if (reason === "CrashLoopBackOff") return restarts >= RESTARTS;
  if (reason === "InvalidImageName") return true;
  return reason === "ImagePullBackOff" && NO_SUCH_PULL.test(said);
}

/** The pods that answer requests. */
export function servingPods({ pods }: Pick<Workload, "pods">): PodLook[] {
  return pods.filter(({ ready, ends }) => ready && !ends);
}

/** What they run of an app, each image once: where one has the app's name, what is beside it in a pod doesn't count. */
export function servedOf(app: string, workload: Pick<Workload, "pods">): string[] {
  const images = [...new Set(servingPods(workload).flatMap((pod) => pod.images))].sort();
  const own = images.filter((image) => image.replace(/[@:][^/]*$/, "").endsWith(`/${app}`));
  return own.length > 0 ? own : images;
}
