import type { KindName } from "../../components/nexus/kinds";
import { repositoryContent } from "../../components/nexus/object/content";
import type { Content } from "../../components/nexus/object/kind";
import type { Call } from "../../components/nexus/rest/call";
import { NexusFailure } from "../../components/nexus/rest/transport";
import type { Raw } from "./judge";
import type { ManagedObject } from "./managed";
import { type ServerObject, type ServerObjects, serverObjects } from "./server-objects";
import { translate } from "./translate";
import type { Part, Translation } from "./translation";

/** An object in Nexus that the stack does not manage. */
export interface Unmanaged {
  readonly object: ServerObject;
  readonly translation: Translation;
  /** What a repository or blob store holds; a text where that could not be found out. */
  readonly content?: Content | string;
}

export interface Inventory {
  readonly unmanaged: readonly Unmanaged[];
  readonly unread: ServerObjects["unread"];
}

/** What of the settings manages objects of a kind; kinds that there is one of per server are no objects here. */
const PARTS: { readonly [kind in KindName]?: Part } = {
  Certificate: "certificates",
  CleanupPolicy: "cleanupPolicies",
  ContentSelector: "contentSelectors",
  FileBlobStore: "blobStores",
  Privilege: "privileges",
  Role: "roles",
  RoutingRule: "routingRules",
  S3BlobStore: "blobStores",
  Task: "tasks",
  User: "accounts",
};

/**
 * What is in a Nexus that a stack does not manage, and the settings that would manage it.
 * @param managed what the stack's state says it manages
 * @param raw the stack's settings as written, without fault
 */
export async function takeInventory(
  call: Call,
  managed: readonly ManagedObject[],
  raw: Raw,
): Promise<Inventory> {
  const { objects, unread } = await serverObjects(call);
  const known = new Set(managed.map(({ kind, id }) => `${partOfKind(kind)} ${id}`));
  const free = objects.filter(({ part, id }) => !known.has(`${part} ${id}`));
  const translations = translate(free, raw);
  const contents = await Promise.all(free.map((object) => contentOf(call, object)));
  const unmanaged = free.map((object, index): Unmanaged => {
    const content = contents[index];
    return { object, translation: translations[index]!, ...(content !== undefined && { content }) };
  });
  return { unmanaged, unread };
}

function partOfKind(kind: KindName): Part | undefined {
  return /(Group|Hosted|Proxy)$/.test(kind) ? "repositories" : PARTS[kind];
}

async function contentOf(
  call: Call,
  { part, id, body }: ServerObject,
): Promise<Content | string | undefined> {
  if (part === "blobStores") {
    return { components: Number(body["blobCount"]), bytes: Number(body["totalSizeInBytes"]), more: false };
  }
  if (part !== "repositories" || body["type"] === "group") return undefined;
  try {
    return await repositoryContent(call, id);
  } catch (error) {
    if (error instanceof NexusFailure) return error.message;
    throw error;
  }
}
