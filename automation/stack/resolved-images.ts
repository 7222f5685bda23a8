import { isByTag, resolveImages } from "../../components/image/resolve-images";
import { plainOutputs } from "../engine/outputs";
import type { OpenStack } from "./open-stack";

const resolved = new WeakMap<OpenStack, Promise<readonly string[]>>();

/**
 * Looks up the tags of images of others, once for all that is done with an open stack: what is applied is what was compared with a
 * review. From then on the stack's file is read as if it had the digests.
 * @returns what could not be looked up, a sentence each
 */
export function resolvedImages(open: OpenStack): Promise<readonly string[]> {
  const notes = resolved.get(open) ?? lookUp(open);
  resolved.set(open, notes);
  return notes;
}

async function lookUp({ name, file }: OpenStack): Promise<readonly string[]> {
  const { apps } = file.settings();
  if (!apps.some(isByTag)) return [];
  const { digests, notes } = await resolveImages(apps, await plainOutputs(name));
  file.digests = digests;
  return notes;
}
