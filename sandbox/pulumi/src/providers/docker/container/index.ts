import type { CheckRequest, CheckResult, Props } from "../../provider";
import { UNKNOWN } from "../../provider";
import { driftedInputs } from "../../schema/drift";
import { hasUnknown, objects } from "../../schema/value";
import { isNotFound } from "../docker-error";
import type { DockerResource } from "../resource";
import { tableResource } from "../table-resource";
import { createContainer } from "./create";
import { deleteContainer } from "./delete";
import { CONTAINER_FIELDS } from "./fields";
import { containerOutputs } from "./state";
import { updateContainer } from "./update";
import { refuseUpload } from "./uploads";

const TABLE = tableResource(CONTAINER_FIELDS, { autoName: true, deleteBeforeReplace: true });

/** `docker:index/container:Container`, deleted before it is replaced unless the program says otherwise. */
export const container: DockerResource = {
  ...TABLE,
  check: checkContainer,
  create: createContainer,
  update: updateContainer,
  delete: deleteContainer,

  async read({ id, inputs, outputs }, connection) {
    try {
      const found = containerOutputs(await connection.docker.getContainer(id).inspect(), outputs);
      return { id, outputs: found, inputs: driftedInputs(CONTAINER_FIELDS, inputs, found) };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      return connection.attempt(`Unable to inspect container ${id}`, () => Promise.reject(error));
    }
  },
};

async function checkContainer(request: CheckRequest): Promise<CheckResult> {
  const { inputs, failures } = await TABLE.check(request);
  const about = (property: string, reason: string) => ({
    property,
    reason: `${request.type}: "${property}": ${reason}`,
  });
  return {
    inputs,
    failures: [
      ...failures,
      ...known(inputs["uploads"]).flatMap((upload, index) => {
        const reason = refuseUpload(upload);
        return reason === undefined ? [] : [about(`uploads[${index}]`, reason)];
      }),
      ...known(inputs["volumes"]).flatMap((volume, index) => {
        const both = volume["fromContainer"] !== undefined && volume["containerPath"] !== undefined;
        const neither = volume["fromContainer"] === undefined && volume["containerPath"] === undefined;
        if (!both && !neither) return [];
        return [about(`volumes[${index}]`, "exactly one of containerPath and fromContainer must be given")];
      }),
    ],
  };
}

function known(value: Props[string] | undefined): Props[] {
  return value === UNKNOWN ? [] : objects(value).filter((item) => !hasUnknown(item));
}
