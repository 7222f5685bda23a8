import { isObject } from "../http-tools";

type Json = Record<string, unknown>;

const TYPES = ["hosted", "proxy", "group"] as const;
const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
const text = { type: "string" };
const flag = { type: "boolean" };
const port = { type: "integer", format: "int32" };
const object = (properties: Json, required: string[] = []) => ({ type: "object", required, properties });

const PARTS: Json = {
  DockerAttributes: object(
    { v1Enabled: flag, forceBasicAuth: flag, httpPort: port, httpsPort: port, subdomain: text },
    ["forceBasicAuth", "v1Enabled"],
  ),
  DockerProxyAttributes: object({
    indexType: { type: "string", enum: ["HUB", "REGISTRY", "CUSTOM"] },
    indexUrl: text,
    cacheForeignLayers: flag,
    foreignLayerUrlWhitelist: { type: "array", items: text },
  }),
  DockerHostedStorageAttributes: object(
    {
      blobStoreName: text,
      strictContentTypeValidation: flag,
      writePolicy: { type: "string", enum: ["ALLOW", "ALLOW_ONCE", "DENY"] },
      latestPolicy: flag,
    },
    ["strictContentTypeValidation", "writePolicy"],
  ),
};

/** Adds the docker endpoints to the real server's document, built from the raw ones, so that clients find them. */
export function withDocker(document: unknown): unknown {
  if (!isObject(document) || !isObject(document.paths)) return document;
  const definitions = isObject(document.definitions) ? document.definitions : {};
  const paths: Json = {};
  const requests: Json = {};
  for (const type of TYPES) {
    const Type = type[0]!.toUpperCase() + type.slice(1);
    for (const suffix of ["", "/{repositoryName}"]) {
      const raw = document.paths[`/v1/repositories/raw/${type}${suffix}`];
      if (raw) paths[`/v1/repositories/docker/${type}${suffix}`] = asDocker(raw);
    }
    const model = definitions[`Raw${Type}RepositoryApiRequest`];
    if (isObject(model)) requests[`Docker${Type}RepositoryApiRequest`] = dockerModel(type, model);
  }
  const all = { ...definitions, ...PARTS, ...requests };
  return { ...document, paths: { ...document.paths, ...paths }, definitions: all };
}

const asDocker = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll("RawHosted", "DockerHosted")
      .replaceAll("RawProxy", "DockerProxy")
      .replaceAll("RawGroup", "DockerGroup")
      .replaceAll(/\b[Rr]aw\b/g, "docker"),
  );

function dockerModel(type: (typeof TYPES)[number], model: Json): Json {
  const { raw: _raw, ...properties } = isObject(model.properties) ? model.properties : {};
  const mine: Json = { docker: ref("DockerAttributes") };
  if (type === "proxy") mine.dockerProxy = ref("DockerProxyAttributes");
  if (type === "hosted") mine.storage = ref("DockerHostedStorageAttributes");
  const required = Array.isArray(model.required) ? model.required : [];
  const more = type === "proxy" ? ["docker", "dockerProxy"] : ["docker"];
  return { ...model, required: [...required, ...more], properties: { ...properties, ...mine } };
}
