import type { NetworkInspectInfo } from "dockerode";
import type { Props } from "../provider";
import { driftedInputs } from "../schema/drift";
import { type Fields, field } from "../schema/field";
import { objects, orNull, text, textMap } from "../schema/value";
import type { Connection } from "./connection";
import { dockerReason, isNotFound } from "./docker-error";
import { eventually } from "./eventually";
import type { DockerResource } from "./resource";
import { LABEL_FIELDS, labelsFromMap, labelsToMap, tableResource } from "./table-resource";

const REPLACE = { replace: true };

const FIELDS: Fields = {
  name: field("string", REPLACE),
  driver: field("string", { ...REPLACE, computed: true }),
  labels: field("objects", { ...REPLACE, fields: LABEL_FIELDS, empty: [] }),
  options: field("map", { ...REPLACE, computed: true }),
  internal: field("boolean", { ...REPLACE, computed: true }),
  attachable: field("boolean", { ...REPLACE, empty: false }),
  ingress: field("boolean", { ...REPLACE, empty: false, output: true }),
  ipv6: field("boolean", { ...REPLACE, empty: false }),
  ipamDriver: field("string", { ...REPLACE, default: "default" }),
  ipamOptions: field("map", REPLACE),
  ipamConfigs: field("objects", {
    ...REPLACE,
    computed: true,
    fields: {
      subnet: field("string"),
      ipRange: field("string", { empty: "" }),
      gateway: field("string", { computed: true }),
      auxAddress: field("map", { empty: {} }),
    },
  }),
  scope: field("string", { computed: true, output: true }),
};

interface Ipam {
  readonly Driver: string;
  readonly Options?: { [name: string]: string } | null;
  readonly Config?:
    | { Subnet?: string; Gateway?: string; IPRange?: string; AuxiliaryAddresses?: Props }[]
    | null;
}

/** `docker:index/network:Network`: whatever changes, it is replaced. */
export const network: DockerResource = {
  ...tableResource(FIELDS, { autoName: true }),

  async create({ inputs }, connection) {
    const name = text(inputs["name"]);
    const made = await connection.attempt(`Unable to create network ${name}`, () =>
      connection.docker.createNetwork(networkRequest(inputs)),
    );
    const outputs = await inspect(made.id, connection);
    if (outputs === undefined) throw new Error(`Network ${name} was made and is gone again`);
    return { id: made.id, outputs };
  },

  async read({ id, inputs }, connection) {
    const outputs = await inspect(id, connection);
    return outputs && { id, outputs, inputs: driftedInputs(FIELDS, inputs, outputs) };
  },

  async update({ id }) {
    throw new Error(`Network ${id}: no property of a network can be updated`);
  },

  async delete({ id, outputs, signal }, connection) {
    const what = `Unable to remove network ${text(outputs["name"]) || id}`;
    const remove = () => connection.docker.getNetwork(id).remove();
    await connection.attempt(what, () =>
      eventually(
        () => remove().catch((error) => (isNotFound(error) ? undefined : Promise.reject(error))),
        (error) => dockerReason(error).includes("has active endpoints"),
        signal,
      ),
    );
  },
};

function networkRequest(inputs: Props) {
  return {
    Name: text(inputs["name"]),
    CheckDuplicate: true,
    Labels: labelsToMap(inputs["labels"]),
    Options: textMap(inputs["options"]),
    Internal: inputs["internal"] === true,
    Attachable: inputs["attachable"] === true,
    EnableIPv6: inputs["ipv6"] === true,
    ...(inputs["driver"] === undefined ? {} : { Driver: text(inputs["driver"]) }),
    IPAM: {
      Driver: text(inputs["ipamDriver"]),
      Options: textMap(inputs["ipamOptions"]),
      Config: objects(inputs["ipamConfigs"]).map(ipamRequest),
    },
  };
}

function ipamRequest(config: Props) {
  const given: [string, string][] = [
    ["Subnet", text(config["subnet"])],
    ["IPRange", text(config["ipRange"])],
    ["Gateway", text(config["gateway"])],
  ];
  return {
    ...Object.fromEntries(given.filter(([, value]) => value !== "")),
    AuxiliaryAddresses: textMap(config["auxAddress"]),
  };
}

async function inspect(id: string, connection: Connection): Promise<Props | undefined> {
  try {
    return networkOutputs(await connection.docker.getNetwork(id).inspect());
  } catch (error) {
    if (isNotFound(error)) return undefined;
    return connection.attempt(`Unable to inspect network ${id}`, () => Promise.reject(error));
  }
}

function networkOutputs(found: NetworkInspectInfo): Props {
  const ipam = found.IPAM as unknown as Ipam;
  return {
    id: found.Id,
    name: found.Name,
    driver: found.Driver,
    labels: labelsFromMap(found.Labels),
    options: (found.Options ?? {}) as Props,
    internal: found.Internal,
    attachable: found.Attachable,
    ingress: found.Ingress,
    ipv6: found.EnableIPv6 ?? false,
    ipamDriver: ipam.Driver,
    ipamOptions: orNull(ipam.Options),
    ipamConfigs: (ipam.Config ?? []).map((config) => ({
      subnet: config.Subnet ?? "",
      ipRange: config.IPRange ?? "",
      gateway: config.Gateway ?? "",
      auxAddress: config.AuxiliaryAddresses ?? {},
    })),
    scope: found.Scope,
  };
}
