import type { RegistryClient } from "../registry/client";
import type { Manifest } from "../registry/manifest";

/**
 * The manifest of an image whose digest a registry names, or what it doesn't give: that itself, or one that an index lists. A proxy
 * remembers an index while its upstream is down, and the copy would end half-way. Layers are not asked for: Nexus would fetch each.
 */
export async function wholeImage(
  client: RegistryClient,
  repository: string,
  digest: string,
): Promise<{ readonly manifest: Manifest } | { readonly missing: string }> {
  const manifest = await client.findManifest(repository, digest);
  if (manifest === undefined) return { missing: digest };
  const { children } = manifest;
  const heads = children.map((child) => client.headManifest(repository, child.digest));
  const missing = children[(await Promise.all(heads)).indexOf(undefined)];
  return missing ? { missing: missing.digest } : { manifest };
}
