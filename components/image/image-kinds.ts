import { json } from "node:stream/consumers";
import { dockerHost } from "../docker/docker-host";
import type { RegistryClient } from "../registry/client";
import type { Manifest } from "../registry/manifest";
import { atMost } from "../values/at-most";
import { objectOf } from "../values/json-object";

/** What images are for and servers are, as Docker writes it: `linux/arm64`, `linux/arm/v7`. */

/** Milliseconds for a server's Docker to say what it is: a preview of a merge request may have no way to it. */
const PATIENCE_MS = 10_000;

/** Bytes of a configuration that is read to find that out; usual ones have some thousands. */
const LARGEST_CONFIGURATION = 4 * 1024 * 1024;

/** Of an index, which lists what it has, each once; an image of one kind says nothing of it in its manifest. */
export function kindsIn(manifest: Buffer): string[] {
  const { manifests } = objectOf(JSON.parse(manifest.toString()));
  if (!Array.isArray(manifests)) return [];
  return [...new Set(manifests.flatMap((one) => kindOf(objectOf(one)["platform"])))];
}

/** Of any image: one of a single kind says it in its configuration. None where it doesn't say. */
export async function kindsOf(
  client: RegistryClient,
  repository: string,
  { bytes, blobs }: Pick<Manifest, "bytes" | "blobs">,
): Promise<string[]> {
  const kinds = kindsIn(bytes);
  const { config } = objectOf(JSON.parse(bytes.toString()));
  const blob = blobs.find(({ digest }) => digest === objectOf(config)["digest"]);
  if (kinds.length > 0 || blob === undefined || blob.size > LARGEST_CONFIGURATION) return kinds;
  const { stream } = await client.getBlob(repository, blob.digest);
  return kindOf(await json(stream));
}

/** Without a variant it is the usual one: linux/arm64 is linux/arm64/v8. */
export function isKind(kind: string, platform: string): boolean {
  return `${kind}/`.startsWith(`${platform}/`) || `${platform}/`.startsWith(`${kind}/`);
}

function kindOf(told: unknown): string[] {
  const { os, architecture, variant } = objectOf(told);
  if (typeof os !== "string" || os === "" || os === "unknown") return []; // a build's own notes
  return [[os, architecture, variant].filter((part) => typeof part === "string" && part !== "").join("/")];
}

/** Undefined where it can't be asked: what needs it will say why. */
export async function platformOf(docker: string): Promise<string | undefined> {
  try {
    const version = await atMost(dockerHost(docker).version(), PATIENCE_MS, undefined);
    return version && `${version.Os}/${version.Arch}`;
  } catch {
    return undefined;
  }
}
