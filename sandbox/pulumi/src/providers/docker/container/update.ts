import type { Props, ResourceState, UpdateRequest } from "../../provider";
import { diffField } from "../../schema/diff";
import { updatedOutputs } from "../../schema/plan";
import { text } from "../../schema/value";
import type { Connection } from "../connection";
import { startContainer } from "./create";
import { CONTAINER_FIELDS } from "./fields";
import { resourceLimits } from "./request";

/** Docker changes these on the running container. */
const LIMITS = [
  "restart",
  "maxRetryCount",
  "cpuShares",
  "cpuSet",
  "memory",
  "memoryReservation",
  "memorySwap",
];
/** The plugin records a change of these and does nothing about it. */
const RECORDED_ONLY = ["healthcheck", "tmpfs", "init"];

/** Changes limits and restart policy in place, and starts a container that has to run and doesn't. */
export async function updateContainer(
  request: UpdateRequest,
  connection: Connection,
): Promise<ResourceState> {
  const { id, inputs, oldOutputs } = request;
  const container = connection.docker.getContainer(id);
  const changed = (name: string) => hasChanged(name, inputs, oldOutputs);
  if (oldOutputs["mustRun"] === false && inputs["mustRun"] === true && inputs["start"] === true) {
    await startContainer(container, inputs);
  }
  if (LIMITS.some(changed)) {
    await connection.attempt(`Unable to update container ${text(inputs["name"])}`, () =>
      container.update(resourceLimits(inputs)),
    );
  }
  for (const name of RECORDED_ONLY.filter(changed)) {
    request.log(
      "warning",
      `The docker plugin records the new "${name}" without changing the container; replace the container to apply it`,
    );
  }
  return { id, outputs: updatedOutputs(CONTAINER_FIELDS, inputs, oldOutputs) };
}

function hasChanged(name: string, inputs: Props, oldOutputs: Props): boolean {
  return Object.keys(diffField(CONTAINER_FIELDS[name]!, name, inputs[name], oldOutputs[name])).length > 0;
}
