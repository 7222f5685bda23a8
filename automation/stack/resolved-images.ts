import { isByTag, type ResolvedImages, resolveImages } from "../../components/image/resolve-images";
import { plainOutputs } from "../engine/outputs";
import { resourceName } from "../engine/resource-words";
import { addressOf, type StackState } from "../engine/stack-state";
import type { OpenStack } from "./open-stack";

/** What could not be looked up, and of that what an update can't look up either. */
export type Unresolved = Pick<ResolvedImages, "notes" | "lost">;

const resolved = new WeakMap<OpenStack, Promise<Unresolved>>();

/**
 * Looks up the tags of images of others, once for all that is done with an open stack: what is applied is what was compared with a
 * review. From then on the stack's file is read as if it had the digests.
 */
export function resolvedImages(open: OpenStack): Promise<Unresolved> {
  const unresolved = resolved.get(open) ?? lookUp(open);
  resolved.set(open, unresolved);
  return unresolved;
}

async function lookUp({ name, file, before }: OpenStack): Promise<Unresolved> {
  const { apps } = file.settings();
  if (!apps.some(isByTag)) return { notes: [], lost: [] };
  const { digests, notes, lost } = await resolveImages(apps, await plainOutputs(name), nexusOf(before));
  file.digests = digests;
  return { notes, lost };
}

/** Where the log of the stack's own Nexus is. */
function nexusOf(before: StackState) {
  const container = before.resources.find(
    (one) => !one.delete && resourceName(one.urn) === "nexus-container",
  );
  return container ? { docker: addressOf(before.providerOf(container)), container: container.id } : {};
}
