import assert from "node:assert/strict";
import type { ResourceJson } from "../../../sandbox/pulumi/src/backend/checkpoint";

/**
 * What Pulumi's own engine tests hold against every snapshot: whatever a resource refers to stands before it,
 * and there is at most one live resource of each URN.
 */
export function assertValid(resources: readonly ResourceJson[]): void {
  const seen = new Set<string>();
  const live = new Set<string>();
  for (const resource of resources) {
    const { urn } = resource;
    for (const reference of referencesOf(resource)) {
      assert.ok(seen.has(reference), `${urn} stands before ${reference}, to which it refers`);
    }
    if (typeof resource.provider === "string") {
      const provider = resources.find((other) => `${other.urn}::${String(other.id)}` === resource.provider);
      assert.ok(provider, `${urn} has a provider that is not there: ${resource.provider}`);
    }
    if (!resource.delete) {
      assert.ok(!live.has(urn), `${urn} is there twice`);
      live.add(urn);
    }
    seen.add(urn);
  }
}

function referencesOf(resource: ResourceJson): string[] {
  const byProperty = Object.values(
    (resource.propertyDependencies ?? {}) as { [key: string]: string[] },
  ).flat();
  const parent = typeof resource.parent === "string" ? [resource.parent] : [];
  return [...parent, ...((resource.dependencies ?? []) as string[]), ...byProperty];
}
