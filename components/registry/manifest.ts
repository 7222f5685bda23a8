import { isJsonObject, type JsonObject, objectOf } from "../values/json-object";
import { digestOf, isDigest } from "./digest";

/** A reference by content (OCI descriptor). */
export interface Descriptor {
  mediaType: string;
  digest: string;
  /** Bytes. */
  size: number;
}

/** A manifest as it was served; `bytes` are never changed, since the digest is theirs. */
export interface Manifest extends Descriptor {
  bytes: Buffer;
  /** Manifests of an index; [] for an image. */
  children: Descriptor[];
  /** Config and layers of an image, each once; [] for an index. */
  blobs: Descriptor[];
  /** What it refers to, if it is a signature, an SBOM, … (OCI 1.1). */
  subject?: Descriptor;
  /** Its own or, where it has none, its config's media type: what lists of referrers tell of it. */
  artifactType?: string;
  annotations?: Record<string, string>;
}

export const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const INDEXES = [INDEX_TYPE, "application/vnd.docker.distribution.manifest.list.v2+json"];
const IMAGES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/**
 * Signatures, SBOMs and the like as ORAS and Notation wrote them before OCI 1.1, which has images for them: a list of blobs and a
 * subject.
 */
const ARTIFACTS = [
  "application/vnd.oci.artifact.manifest.v1+json",
  "application/vnd.cncf.oras.artifact.manifest.v1+json",
];

/** All that can be copied, for `Accept`; schema 1 is left out, so that a registry does not convert to it. */
export const MANIFEST_TYPES = [...IMAGES, ...INDEXES, ...ARTIFACTS];
/** Bytes; what registries accept (OCI distribution specification, "4 megabytes"). */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;

/**
 * Reads a manifest and checks its digest and media types.
 * @param contentType what the registry said it is.
 * @param expected what it must be, where that is known.
 * @throws Error saying what is wrong with it, without where it came from: the caller knows.
 */
export function readManifest(
  bytes: Buffer,
  contentType: string | undefined,
  expected: Partial<Descriptor>,
): Manifest {
  const digest = digestOf(bytes, expected.digest);
  if (expected.digest !== undefined && digest !== expected.digest)
    throw new Error(
      `expected content with digest ${expected.digest}, got ${digest}: it was changed on the way`,
    );
  if (expected.size !== undefined && bytes.length !== expected.size)
    throw new Error(`expected ${expected.size} bytes as its index says, got ${bytes.length}`);
  const content = parseObject(bytes);
  const mediaType = mediaTypeOf(content, contentType, expected.mediaType);
  if (expected.mediaType !== undefined && mediaType !== expected.mediaType)
    throw new Error(`expected media type ${expected.mediaType} as its index says, got ${mediaType}`);
  if (bytes.length > LARGEST_MANIFEST) throw new Error(tooLarge(`it has ${bytes.length} bytes`));
  const head = { mediaType, digest, size: bytes.length, bytes, ...factsForReferrers(content) };
  if (INDEXES.includes(mediaType)) return { ...head, children: childrenOf(content), blobs: [] };
  if (ARTIFACTS.includes(mediaType)) return { ...head, children: [], blobs: artifactBlobsOf(content) };
  return { ...head, children: [], blobs: blobsOf(content) };
}

/** The entries of an index, whatever their media types are. @throws Error saying what is wrong with it. */
export function readIndexEntries(bytes: Buffer): Descriptor[] {
  const entries = list(parseObject(bytes)["manifests"], "manifests");
  return entries.map((entry, i) => descriptor(entry, `manifests[${i}]`));
}

function parseObject(bytes: Buffer): JsonObject {
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new Error(`expected a manifest in JSON, got ${bytes.length} bytes that are none`);
  }
  if (isJsonObject(content)) return content;
  throw new Error("expected a manifest, got JSON that is no object");
}

/** What the manifest says of itself and what the registry says must agree: a digest alone does not tell them apart. */
function mediaTypeOf(
  content: JsonObject,
  contentType: string | undefined,
  expected: string | undefined,
): string {
  const served = contentType?.split(";")[0]?.trim();
  const own = content["mediaType"];
  if (
    content["schemaVersion"] === 1 ||
    served?.startsWith("application/vnd.docker.distribution.manifest.v1+")
  )
    throw new Error(
      "this is a schema 1 image, a format given up in 2019: push it again with a current Docker",
    );
  const named = typeof own === "string" && own !== "" ? own : undefined;
  if (named !== undefined && served !== undefined && MANIFEST_TYPES.includes(served) && named !== served)
    throw new Error(`the registry serves it as ${served}, but it calls itself ${named}`);
  if (served !== undefined && MANIFEST_TYPES.includes(served)) return served;
  const isUnsaid = named === undefined && (served === undefined || VAGUE.includes(served));
  const mediaType = isUnsaid ? (expected ?? shapeOf(content) ?? "none") : (named ?? served ?? "none");
  if (!MANIFEST_TYPES.includes(mediaType))
    throw new Error(`its media type ${mediaType} is unknown here; known are ${MANIFEST_TYPES.join(", ")}`);
  return mediaType;
}

/** What servers say of files that they know nothing of. */
const VAGUE = ["application/json", "application/octet-stream", "text/plain", "binary/octet-stream", ""];

/** OCI's manifests need not name their type (Docker's must), and what serves them may know none. */
function shapeOf({ manifests, config, layers }: JsonObject): string | undefined {
  if (Array.isArray(manifests)) return config || layers ? undefined : INDEX_TYPE;
  return config && (layers === null || Array.isArray(layers)) ? IMAGES[0] : undefined;
}

/** What registries list a manifest by, where it refers to another one (OCI image specification, "subject"). */
function factsForReferrers(content: JsonObject) {
  const { subject, artifactType, annotations, config } = content;
  const configType = objectOf(config)["mediaType"];
  const type = [artifactType, configType].find((one) => typeof one === "string" && one !== "");
  return {
    ...(subject === undefined || subject === null ? {} : { subject: descriptor(subject, "subject") }),
    ...(typeof type === "string" ? { artifactType: type } : {}),
    ...(isTexts(annotations) ? { annotations } : {}),
  };
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((one) => typeof one === "string")
  );
}

function childrenOf(content: JsonObject): Descriptor[] {
  const children = list(content["manifests"], "manifests").map((entry, i) =>
    descriptor(entry, `manifests[${i}]`),
  );
  const unknown = children.find(({ mediaType }) => !MANIFEST_TYPES.includes(mediaType));
  if (unknown !== undefined)
    throw new Error(
      `its entry ${unknown.digest} has the unknown media type ${unknown.mediaType}; it can't be left out without changing the digest`,
    );
  const large = children.find(({ size }) => size > LARGEST_MANIFEST);
  if (large !== undefined) throw new Error(tooLarge(`its entry ${large.digest} has ${large.size} bytes`));
  return unique(children);
}

function tooLarge(what: string): string {
  return `${what}, and manifests of more than ${LARGEST_MANIFEST} bytes are refused (registries take no larger ones)`;
}

function blobsOf(content: JsonObject): Descriptor[] {
  const entries = list(content["layers"], "layers");
  const layers = entries.map((entry, i) => descriptor(entry, `layers[${i}]`));
  const foreign = layers.findIndex(
    ({ mediaType }, i) => /\.foreign\.|\.nondistributable\./.test(mediaType) || hasUrls(entries[i]),
  );
  const { digest, mediaType } = layers[foreign] ?? {};
  if (digest !== undefined)
    throw new Error(
      `its layer ${digest} is a foreign one (${mediaType}${hasUrls(entries[foreign]) ? ', with addresses elsewhere in "urls"' : ""}), which registries don't hold: such images (Windows base images) can't be copied`,
    );
  return unique([descriptor(content["config"], "config"), ...layers]);
}

function artifactBlobsOf(content: JsonObject): Descriptor[] {
  const entries = list(content["blobs"] ?? null, "blobs");
  return unique(entries.map((entry, i) => descriptor(entry, `blobs[${i}]`)));
}

function hasUrls(layer: unknown): boolean {
  const { urls } = objectOf(layer);
  return Array.isArray(urls) && urls.length > 0;
}

/** Programs in Go write an empty one as null. */
function list(value: unknown, where: string): unknown[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  throw new Error(`expected a list at "${where}"`);
}

function descriptor(value: unknown, where: string): Descriptor {
  const { mediaType, digest, size } = objectOf(value);
  if (typeof mediaType !== "string") throw new Error(`expected a media type at "${where}.mediaType"`);
  if (typeof digest !== "string" || !isDigest(digest))
    throw new Error(`expected a sha256 or sha512 digest at "${where}.digest"`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw new Error(`expected a number of bytes at "${where}.size"`);
  return { mediaType, digest, size };
}

/** Images may name one layer several times; it is one blob. */
function unique(descriptors: Descriptor[]): Descriptor[] {
  const seen = new Map<string, Descriptor>();
  for (const one of descriptors) {
    const other = seen.get(one.digest);
    if (other !== undefined && other.size !== one.size)
      throw new Error(`it gives ${one.digest} two sizes, ${other.size} and ${one.size}`);
    seen.set(one.digest, other ?? one);
  }
  return [...seen.values()];
}
