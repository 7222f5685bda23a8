import type { WorkloadLook } from "./look-at-clusters";

/** Rows of the table of services: service, state, since, image, ports, host. */
export function workloadRows(workloads: readonly WorkloadLook[]): string[][] {
  return workloads.map(({ workload, state, ready, replicas, images, cluster = "" }) => [
    workload,
    state,
    state === "unreachable" || state === "missing" ? "" : `${ready} of ${replicas} ready`,
    images.map((image) => image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+$/, "$1")).join(", "),
    "",
    cluster,
  ]);
}

/** Why some could not be asked. */
export function workloadNotes(workloads: readonly WorkloadLook[]): string[] {
  return workloads.flatMap(({ workload, problem }) =>
    problem === undefined ? [] : [`${workload}: ${problem}`],
  );
}

/** What a machine gets, beside the services. */
export function workloadsJson(workloads: readonly WorkloadLook[]) {
  return workloads.map(({ unasked: _, ...look }) => ({ service: look.workload, ...look }));
}
