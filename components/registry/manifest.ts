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
}

const INDEXES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const IMAGES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** All that can be copied, for `Accept`; schema 1 is left out, so that a registry does not convert to it. */
export const MANIFEST_TYPES = [...IMAGES, ...INDEXES];
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
  const mediaType = mediaTypeOf(content, contentType);
  if (expected.mediaType !== undefined && mediaType !== expected.mediaType)
    throw new Error(`expected media type ${expected.mediaType} as its index says, got ${mediaType}`);
  const head = { mediaType, digest, size: bytes.length, bytes };
  if (INDEXES.includes(mediaType)) return { ...head, children: childrenOf(content), blobs: [] };
  return { ...head, children: [], blobs: blobsOf(content) };
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new Error(`expected a manifest in JSON, got ${bytes.length} bytes that are none`);
  }
  if (typeof content === "object" && content !== null && !Array.isArray(content))
    return content as Record<string, unknown>;
  throw new Error("expected a manifest, got JSON that is no object");
}

/** What the manifest says of itself and what the registry says must agree: a digest alone does not tell them apart. */
function mediaTypeOf(content: Record<string, unknown>, contentType: string | undefined): string {
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
  const mediaType =
    served !== undefined && MANIFEST_TYPES.includes(served) ? served : (named ?? served ?? "none");
  if (!MANIFEST_TYPES.includes(mediaType))
    throw new Error(`its media type ${mediaType} is unknown here; known are ${MANIFEST_TYPES.join(", ")}`);
  return mediaType;
}

function childrenOf(content: Record<string, unknown>): Descriptor[] {
  const children = list(content["manifests"], "manifests").map((entry, i) =>
    descriptor(entry, `manifests[${i}]`),
  );
  const unknown = children.find(({ mediaType }) => !MANIFEST_TYPES.includes(mediaType));
  if (unknown !== undefined)
    throw new Error(
      `its entry ${unknown.digest} has the unknown media type ${unknown.mediaType}; it can't be left out without changing the digest`,
    );
  return unique(children);
}

function blobsOf(content: Record<string, unknown>): Descriptor[] {
  const layers = list(content["layers"], "layers").map((entry, i) => descriptor(entry, `layers[${i}]`));
  const foreign = layers.find(({ mediaType }) => /\.foreign\.|\.nondistributable\./.test(mediaType));
  if (foreign !== undefined)
    throw new Error(
      `its layer ${foreign.digest} is a foreign one (${foreign.mediaType}), which registries don't hold: such images (Windows base images) can't be copied`,
    );
  return unique([descriptor(content["config"], "config"), ...layers]);
}

function list(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`expected a list at "${where}"`);
}

function descriptor(value: unknown, where: string): Descriptor {
  const { mediaType, digest, size } = (
    typeof value === "object" && value !== null ? value : {}
  ) as Partial<Descriptor>;
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
