import { kinds } from "../../components/nexus/kinds";
import type { Content, Kind } from "../../components/nexus/object/kind";
import { caller, describeContent } from "../../components/nexus/object/object-provider";
import type { NexusServer } from "../../components/nexus/rest/nexus-server";
import { GLANCE_MS } from "../../components/nexus/rest/server-abilities";
import { NexusFailure } from "../../components/nexus/rest/transport";
import type { OpenStack } from "../stack/open-stack";
import type { ManagedObject } from "./managed";
import { findNexusServer } from "./server";

/** A planned deletion of a repository or blob store, and what would be lost. */
export interface Deletion {
  /** As "docker hosted repository". */
  readonly noun: string;
  readonly name: string;
  readonly allowDataLoss: boolean;
  /** The provider will not do it: it holds something, and allowDataLoss is not set for it in the state. */
  readonly refused: boolean;
  readonly components?: number;
  readonly bytes?: number;
  /** There is more: counting stopped. */
  readonly more?: boolean;
  /** Why it is not known what it holds. */
  readonly unknown?: string;
}

/** Looks up in the stack's Nexus what is in each; asks nobody where nothing is planned. */
export async function deletionsIn(open: OpenStack, planned: readonly ManagedObject[]): Promise<Deletion[]> {
  return planned.length === 0 ? [] : lookAtDeletions(await findNexusServer(open), planned);
}

/** A Nexus that is away makes it unknown what is in each, and nobody waits for it. */
export function lookAtDeletions(
  server: NexusServer | undefined,
  planned: readonly ManagedObject[],
): Promise<Deletion[]> {
  return Promise.all(
    planned.map(async ({ kind, id: name, allowDataLoss }) => {
      const found = server ? await contentOf(server, kinds[kind], name) : "the stack's outputs name no Nexus";
      const common = { noun: kinds[kind].noun, name, allowDataLoss };
      if (typeof found === "string") return { ...common, refused: false, unknown: found };
      // The rule of the provider's own delete guard (components/nexus/object/object-provider.ts).
      return { ...common, refused: found.components > 0 && !allowDataLoss, ...found };
    }),
  );
}

/** A text where it could not be found out. */
async function contentOf(server: NexusServer, kind: Kind, name: string): Promise<Content | string> {
  const call = caller(server, GLANCE_MS);
  try {
    const isThere = (await kind.read(call, name)) !== undefined;
    const content = isThere ? await kind.content?.(call, name) : undefined;
    return content ?? { components: 0, bytes: 0, more: false };
  } catch (error) {
    if (error instanceof NexusFailure) return error.message;
    throw error;
  }
}

/** `would delete the docker hosted repository "releases": 12 components, 340.1 MB; refused unless …`. */
export function describeDeletion({ noun, name, allowDataLoss, refused, unknown, ...held }: Deletion): string {
  const { components = 0, bytes = 0, more = false } = held;
  const what = `would delete the ${noun} "${name}"`;
  if (unknown !== undefined) {
    const rule = allowDataLoss ? "allowDataLoss is set for it" : "refused if it holds anything";
    return `${what}, ${rule}; what it holds is not known: ${unknown}`;
  }
  if (components === 0) return `${what}, which is empty`;
  const content = describeContent({ components, bytes, more });
  return refused
    ? `${what}: ${content}; refused unless allowDataLoss is set for it (it is not)`
    : `${what}: ${content}, which allowDataLoss lets go`;
}
