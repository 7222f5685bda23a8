import type { JsonObject } from "../../../components/values/json-object";
import type { ApiServer } from "./api-server";

export const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
export const image = (digit: string, app = "blog") => `nexus.test:8082/${app}@${digest(digit)}`;

/** Of a pod: with which image, and how it is doing. */
export interface PodWish {
  readonly image: string;
  readonly ready?: boolean;
  readonly ends?: boolean;
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly exitCode?: number;
  readonly restarts?: number;
}

/** A Deployment as the API has it; settled where its numbers don't say otherwise. */
export function putDeployment(
  server: ApiServer,
  {
    name = "blog",
    image,
    replicas = 2,
    seen = 2,
    updated = replicas,
    available = replicas,
    all = replicas,
    stuck,
  }: {
    readonly name?: string;
    readonly image: string;
    readonly replicas?: number;
    /** Of generation 2. */
    readonly seen?: number;
    readonly updated?: number;
    readonly available?: number;
    readonly all?: number;
    readonly stuck?: string;
  },
): void {
  server.objects.set(`deployments/${name}`, {
    metadata: { name, generation: 2 },
    spec: {
      replicas,
      selector: {
        matchLabels: { app: name },
        matchExpressions: [{ key: "tier", operator: "In", values: ["a", "b"] }],
      },
      template: { spec: { containers: [{ name: "web", image }] } },
    },
    status: {
      observedGeneration: seen,
      updatedReplicas: updated,
      availableReplicas: available,
      replicas: all,
      conditions: stuck
        ? [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: stuck }]
        : [],
    },
  });
}

/** Replaces all pods. */
export function putPods(server: ApiServer, ...pods: readonly PodWish[]): void {
  for (const key of [...server.objects.keys()]) if (/^pods\/[^/]+$/.test(key)) server.objects.delete(key);
  for (const [index, pod] of pods.entries())
    server.objects.set(`pods/blog-${index}`, podOf(`blog-${index}`, pod));
}

function podOf(
  name: string,
  { image, ready = true, ends = false, waiting, exitCode, restarts = 0 }: PodWish,
): JsonObject {
  const terminated =
    exitCode === undefined ? undefined : { exitCode, reason: exitCode === 137 ? "OOMKilled" : "Error" };
  return {
    metadata: { name, ...(ends && { deletionTimestamp: "2026-11-30T00:00:00Z" }) },
    spec: { containers: [{ name: "web", image }] },
    status: {
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: [
        {
          name: "web",
          restartCount: restarts,
          state: waiting ? { waiting } : terminated ? { terminated } : { running: {} },
          ...(terminated && waiting && { lastState: { terminated } }),
        },
      ],
    },
  };
}

export function putEvent(server: ApiServer, about: string, reason: string, message: string): void {
  const name = `e${server.objects.size}`;
  server.objects.set(`events/${name}`, {
    metadata: { name },
    type: "Warning",
    reason,
    message,
    involvedObject: { name: about },
    lastTimestamp: "2026-11-30T00:00:00Z",
  });
}
