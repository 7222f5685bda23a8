import type { ImageInspectInfo } from "dockerode";
import type { OperationContext, Props, ResourceState } from "../provider";
import { type Fields, field } from "../schema/field";
import { text } from "../schema/value";
import type { Connection } from "./connection";
import { isNotFound } from "./docker-error";
import { ensureImage, findLocalImage, repoDigestOf } from "./local-image";
import type { DockerResource } from "./resource";
import { tableResource } from "./table-resource";

const REPLACE = { replace: true };

const FIELDS: Fields = {
  name: field("string", { ...REPLACE, required: true }),
  keepLocally: field("boolean"),
  forceRemove: field("boolean"),
  pullTriggers: field("set", REPLACE),
  triggers: field("map", REPLACE),
  platform: field("string", REPLACE),
  build: field("object", { output: true }),
  imageId: field("string", { computed: true, output: true }),
  repoDigest: field("string", { computed: true, output: true }),
};

/** `docker:index/remoteImage:RemoteImage`: an image on the Docker host, pulled unless it is there. */
export const remoteImage: DockerResource = {
  ...tableResource(FIELDS, {}),

  create: (request, connection) => ensure(request.inputs, connection, request),

  update: (request, connection) => ensure(request.inputs, connection, request),

  async read({ inputs, outputs }, connection) {
    const name = text(outputs["name"] ?? inputs["name"]);
    const image = await findLocalImage(name, connection);
    return image && { ...imageState(name, image, outputs), inputs };
  },

  async delete({ outputs }, connection) {
    if (outputs["keepLocally"] === true) return;
    const name = text(outputs["name"]);
    try {
      await connection.docker.getImage(name).remove({ force: outputs["forceRemove"] === true });
    } catch (error) {
      if (isNotFound(error)) return;
      await connection.attempt(`Unable to remove Docker image ${name}`, () => Promise.reject(error));
    }
  },
};

async function ensure(
  inputs: Props,
  connection: Connection,
  context: OperationContext,
): Promise<ResourceState> {
  const name = text(inputs["name"]);
  const image = await ensureImage(name, text(inputs["platform"]), connection, context);
  const planned: Props = {};
  for (const property of Object.keys(FIELDS)) planned[property] = inputs[property] ?? null;
  return imageState(name, image, planned);
}

function imageState(name: string, image: ImageInspectInfo, outputs: Props): ResourceState {
  const id = image.Id + name;
  return { id, outputs: { ...outputs, id, name, imageId: image.Id, repoDigest: repoDigestOf(name, image) } };
}
