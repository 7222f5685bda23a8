import type { Container } from "dockerode";
import type { CreateRequest, Props, ResourceState } from "../../provider";
import { PartialFailure } from "../../provider";
import { unreadOutputs } from "../../schema/plan";
import { objects, text, texts } from "../../schema/value";
import type { Connection } from "../connection";
import { dockerReason } from "../docker-error";
import { ensureImage } from "../local-image";
import { awaitHealthy } from "./await-state";
import { CONTAINER_FIELDS } from "./fields";
import { containerLog } from "./logs";
import { containerRequest } from "./request";
import { containerOutputs } from "./state";
import { putUploads } from "./uploads";

/**
 * Creates a container and brings it up: networks, uploads, start, health.
 * @throws PartialFailure once the container exists: it is recorded, and deleted by the next update
 */
export async function createContainer(
  request: CreateRequest,
  connection: Connection,
): Promise<ResourceState> {
  const { inputs } = request;
  const image = text(inputs["image"]);
  await ensureImage(image, "", connection, request);
  const container = await connection.attempt(`Unable to create container ${text(inputs["name"])}`, () =>
    connection.docker.createContainer(containerRequest(inputs)),
  );
  const unread: Props = { ...unreadOutputs(CONTAINER_FIELDS, inputs), id: container.id };
  try {
    await bringUp(container, request, connection);
    const attached = inputs["attach"] === true ? await attach(container, inputs) : {};
    return {
      id: container.id,
      outputs: containerOutputs(await container.inspect(), { ...unread, ...attached }),
    };
  } catch (error) {
    throw new PartialFailure({ id: container.id, outputs: unread }, [failure(error, request)]);
  }
}

async function bringUp(container: Container, request: CreateRequest, connection: Connection): Promise<void> {
  const { inputs, signal } = request;
  await joinNetworks(container, inputs, connection);
  await said("Unable to upload files", () => putUploads(container, inputs["uploads"]));
  if (inputs["start"] !== true) return;
  await startContainer(container, inputs);
  // Without `wait` the plugin looks once, at once: one that ends a moment later was created all the same (measured).
  if (inputs["wait"] === true) await awaitHealthy(container, inputs, signal);
}

/** The networks asked for take the place of the default bridge. */
async function joinNetworks(container: Container, inputs: Props, connection: Connection): Promise<void> {
  const networks = objects(inputs["networksAdvanced"]);
  if (networks.length === 0) return;
  if (inputs["networkMode"] === "bridge") {
    await said("Unable to disconnect the default network", () =>
      connection.docker.getNetwork("bridge").disconnect({ Container: container.id }),
    );
  }
  for (const network of networks) {
    const ipam = { IPv4Address: text(network["ipv4Address"]), IPv6Address: text(network["ipv6Address"]) };
    await said(`Unable to connect to network '${text(network["name"])}'`, () =>
      connection.docker.getNetwork(text(network["name"])).connect({
        Container: container.id,
        EndpointConfig: { Aliases: texts(network["aliases"]), IPAMConfig: ipam },
      }),
    );
  }
}

/** Starts it; a port that someone else has is named. */
export async function startContainer(container: Container, inputs: Props): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    const reason = dockerReason(error);
    const taken = takenPort(reason);
    const hint = taken === undefined ? "" : `port ${taken} is already taken; free it or choose another. `;
    throw new Error(`Unable to start container ${text(inputs["name"])}: ${hint}${reason}`);
  }
}

/** `127.0.0.1:8080` in one of the two sentences that Docker has for it. */
function takenPort(reason: string): string | undefined {
  return (
    /Bind for (\S+) failed: port is already allocated/.exec(reason)?.[1] ??
    /listen (?:tcp|udp)\d? (\S+): bind: address already in use/.exec(reason)?.[1]
  );
}

/** Waits for the container's end, as `docker run` without `-d`, and keeps its log if it is wanted. */
async function attach(container: Container, inputs: Props): Promise<Props> {
  await container.wait();
  return inputs["logs"] === true ? { containerLogs: await containerLog(container) } : {};
}

async function said<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new Error(`${what}: ${dockerReason(error)}`);
  }
}

function failure(error: unknown, { signal, inputs }: CreateRequest): string {
  if (signal.aborted) return `interrupted while container ${text(inputs["name"])} was brought up`;
  return dockerReason(error);
}
