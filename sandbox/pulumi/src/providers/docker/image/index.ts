import type {
  CreateRequest,
  DiffKind,
  DiffRequest,
  DiffResult,
  Props,
  ResourceState,
  Value,
} from "../../provider";
import { UNKNOWN } from "../../provider";
import { equal, hasUnknown, isObject, text, textMap } from "../../schema/value";
import type { Connection } from "../connection";
import type { DockerResource } from "../resource";
import { buildImage } from "./build";
import { checkImage } from "./check";
import { relativeDockerfile } from "./context";
import { masker } from "./mask";
import { pushImage } from "./push";

/** The state keeps the inputs, password and all, as the plugin does: a secret. */
const SECRET_OUTPUTS = ["__inputs"];

/** `docker:index/image:Image`: built and pushed on every change, never looked up or deleted again. */
export const image: DockerResource = {
  check: checkImage,
  diff: diffImage,

  preview(inputs: Props) {
    if (
      inputs["buildOnPreview"] === true &&
      !hasUnknown(inputs["build"]) &&
      !hasUnknown(inputs["imageName"])
    ) {
      return undefined;
    }
    return imageOutputs(inputs, UNKNOWN);
  },

  async create(request, connection) {
    return { ...(await buildAndPush(request, connection)), id: text(request.inputs["imageName"]) };
  },

  async update(request, connection) {
    return { ...(await buildAndPush(request, connection)), id: request.id };
  },

  async read({ id, inputs, outputs }) {
    return { id, inputs, outputs, secretOutputs: SECRET_OUTPUTS };
  },

  async delete() {},
};

/** Compares whole properties; new user names and passwords rebuild nothing. */
function diffImage({ oldInputs, newInputs }: DiffRequest): DiffResult {
  const detailed: { [path: string]: DiffKind } = {};
  for (const name of new Set([...Object.keys(oldInputs), ...Object.keys(newInputs)])) {
    const old = oldInputs[name];
    const next = newInputs[name];
    if (equal(old, next)) continue;
    if (name === "registry" && isObject(old) && isObject(next) && equal(old["server"], next["server"]))
      continue;
    detailed[name] = old === undefined ? "add" : next === undefined ? "delete" : "update";
  }
  return { changes: Object.keys(detailed).length > 0, replaces: [], deleteBeforeReplace: false, detailed };
}

async function buildAndPush(
  request: CreateRequest,
  connection: Connection,
): Promise<Omit<ResourceState, "id">> {
  const { inputs } = request;
  const build = isObject(inputs["build"]) ? inputs["build"] : {};
  const registry = isObject(inputs["registry"]) ? inputs["registry"] : {};
  const mask = masker({ ...textMap(build["args"]), password: text(registry["password"]) });
  const imageId = await buildImage(inputs, connection, request, mask);
  const push = inputs["skipPush"] !== true && !request.preview;
  const repoDigest = push ? await pushImage(inputs, connection, request) : imageId;
  return {
    outputs: { ...imageOutputs(inputs, repoDigest), __inputs: inputs },
    secretOutputs: SECRET_OUTPUTS,
  };
}

function imageOutputs(inputs: Props, repoDigest: Value): Props {
  const build: Props = isObject(inputs["build"]) ? inputs["build"] : {};
  const registry = inputs["registry"];
  const { context, dockerfile } = build;
  return {
    imageName: inputs["imageName"] ?? UNKNOWN,
    baseImageName: inputs["imageName"] ?? UNKNOWN,
    registryServer: registry === UNKNOWN ? UNKNOWN : isObject(registry) ? (registry["server"] ?? "") : "",
    context: context ?? UNKNOWN,
    dockerfile:
      typeof context === "string" && typeof dockerfile === "string"
        ? relativeDockerfile(context, dockerfile)
        : UNKNOWN,
    platform: build["platform"] ?? UNKNOWN,
    repoDigest,
  };
}
