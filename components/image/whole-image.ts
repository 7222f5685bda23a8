import type { RegistryClient } from "../registry/client";
import type { Manifest } from "../registry/manifest";

/**
 * The digest of an image that an index lists and its registry doesn't give; undefined where all of them are there, and for what is no
 * index. A proxy remembers an index while its upstream is down, and the copy would end half-way. Layers are not asked for: Nexus
 * would fetch each.
 */
export async function missingImage(
  client: RegistryClient,
  repository: string,
  { children }: Pick<Manifest, "children">,
): Promise<string | undefined> {
  const heads = children.map(({ digest }) => client.headManifest(repository, digest));
  const missing = (await Promise.all(heads)).indexOf(undefined);
  return children[missing]?.digest;
}
