import type { Props } from "../provider";
import { driftedInputs } from "../schema/drift";
import { type Fields, field } from "../schema/field";
import { orNull, text, textMap } from "../schema/value";
import type { Connection } from "./connection";
import { dockerReason, isNotFound } from "./docker-error";
import { eventually } from "./eventually";
import type { DockerResource } from "./resource";
import { LABEL_FIELDS, labelsFromMap, labelsToMap, tableResource } from "./table-resource";

const REPLACE = { replace: true };

const FIELDS: Fields = {
  name: field("string", REPLACE),
  driver: field("string", { ...REPLACE, computed: true }),
  driverOpts: field("map", REPLACE),
  labels: field("objects", { ...REPLACE, fields: LABEL_FIELDS, empty: [] }),
  mountpoint: field("string", { computed: true, output: true }),
  cluster: field("object", { output: true }),
};

/** `docker:index/volume:Volume`: whatever changes, it is replaced. A volume of that name is taken over as it is. */
export const volume: DockerResource = {
  ...tableResource(FIELDS, { autoName: true }),

  async create({ inputs }, connection) {
    const name = text(inputs["name"]);
    await connection.attempt(`Unable to create volume ${name}`, () =>
      connection.docker.createVolume({
        Name: name,
        Labels: labelsToMap(inputs["labels"]),
        DriverOpts: textMap(inputs["driverOpts"]),
        ...(inputs["driver"] === undefined ? {} : { Driver: text(inputs["driver"]) }),
      }),
    );
    const outputs = await inspect(name, connection);
    if (outputs === undefined) throw new Error(`Volume ${name} was made and is gone again`);
    return { id: name, outputs };
  },

  async read({ id, inputs }, connection) {
    const outputs = await inspect(id, connection);
    return outputs && { id, outputs, inputs: driftedInputs(FIELDS, inputs, outputs) };
  },

  async update({ id }) {
    throw new Error(`Volume ${id}: no property of a volume can be updated`);
  },

  async delete({ id, signal }, connection) {
    const remove = () => connection.docker.getVolume(id).remove({ force: true });
    await connection.attempt(`Unable to remove volume ${id}`, () =>
      eventually(
        () => remove().catch((error) => (isNotFound(error) ? undefined : Promise.reject(error))),
        (error) => dockerReason(error).includes("volume is in use"),
        signal,
      ),
    );
  },
};

async function inspect(name: string, connection: Connection): Promise<Props | undefined> {
  try {
    const found = await connection.docker.getVolume(name).inspect();
    return {
      id: found.Name,
      name: found.Name,
      driver: found.Driver,
      driverOpts: orNull(found.Options),
      labels: labelsFromMap(found.Labels),
      mountpoint: found.Mountpoint,
      cluster: null,
    };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    return connection.attempt(`Unable to inspect volume ${name}`, () => Promise.reject(error));
  }
}
