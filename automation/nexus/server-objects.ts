import type { Fields } from "../../components/nexus/object/kind";
import { listIn, objectIn } from "../../components/nexus/rest/answer-shape";
import type { Call } from "../../components/nexus/rest/call";
import { UiApiMissing } from "../../components/nexus/rest/ui-api";
import { allTasks, taskTypes } from "../../components/nexus/tasks/task-api";
import { STORE_TYPES } from "./translate-blob-store";
import type { Part } from "./translation";

/** An object as the server tells it. */
export interface ServerObject {
  readonly part: Part;
  /** What a resource in the state has as its id. */
  readonly id: string;
  readonly body: Fields;
}

export interface ServerObjects {
  readonly objects: readonly ServerObject[];
  /** What this server doesn't list, and why. */
  readonly unread: readonly { readonly part: Part; readonly reason: string }[];
}

/** Where each part is listed, below /service/rest, and the field of an object that names it. */
const LISTS = {
  routingRules: { path: "/v1/routing-rules", id: "name" },
  repositories: { path: "/v1/repositorySettings", id: "name" },
  contentSelectors: { path: "/v1/security/content-selectors", id: "name" },
  privileges: { path: "/v1/security/privileges", id: "name" },
  roles: { path: "/v1/security/roles", id: "id" },
  accounts: { path: "/v1/security/users", id: "userId" },
  certificates: { path: "/v1/security/ssl/truststore", id: "id" },
} as const;

/** Of the UI, there in every version; `/v1` only from 3.74 to 3.93. */
const POLICIES = { rest: "/v1/cleanup-policies", internal: "/internal/cleanup-policies" };

/**
 * Everything that people can make in a Nexus; what every Nexus has by itself (its own roles, privileges, tasks, admin and
 * anonymous) is left out.
 * @throws NexusFailure where the server can't be reached, or the login isn't an administrator's
 */
export async function serverObjects(call: Call): Promise<ServerObjects> {
  const unread: { part: Part; reason: string }[] = [];
  const list = async (part: Part, path: string, id: string): Promise<ServerObject[]> => {
    const answer = await call("GET", path, [200, 404]);
    if (answer.status === 200) return listIn(answer).map((one) => ({ part, id: String(one[id]), body: one }));
    unread.push({ part, reason: `this Nexus has no ${path}` });
    return [];
  };
  const policies = (await call.facts()).offers("GET", POLICIES.rest) ? POLICIES.rest : POLICIES.internal;
  const lists = await Promise.all([
    list("blobStores", "/v1/blobstores", "name").then((stores) => withDetails(call, stores)),
    list("cleanupPolicies", policies, "name"),
    ...Object.entries(LISTS).map(([part, { path, id }]) => list(part as Part, path, id)),
    tasks(call, (reason) => unread.push({ part: "tasks", reason })),
  ]);
  return { objects: lists.flat().filter((one) => !isNexusOwn(one)), unread };
}

function isNexusOwn({ part, id, body }: ServerObject): boolean {
  if (part === "privileges") return body["readOnly"] === true;
  if (part === "roles") return body["readOnly"] === true || id.startsWith("nx-");
  return part === "accounts" && body["source"] === "default" && ["admin", "anonymous"].includes(id);
}

async function withDetails(call: Call, stores: readonly ServerObject[]): Promise<ServerObject[]> {
  return Promise.all(
    stores.map(async (store) => {
      const type = STORE_TYPES[String(store.body["type"])];
      if (!type) return store;
      const path = `/v1/blobstores/${type}/${encodeURIComponent(store.id)}`;
      const details = objectIn(await call("GET", path, [200]));
      return { ...store, body: { ...details, ...store.body } };
    }),
  );
}

/** Those of types that Nexus takes from outside; the others it makes itself. */
async function tasks(call: Call, missing: (reason: string) => void): Promise<ServerObject[]> {
  try {
    const [all, types] = await Promise.all([allTasks(call), taskTypes(call)]);
    const open = types.filter(({ internal }) => !internal).map(({ type }) => type);
    return all
      .filter(({ type }) => open.includes(type))
      .map((task) => ({ part: "tasks", id: task.name, body: { ...task } }));
  } catch (error) {
    if (!(error instanceof UiApiMissing)) throw error;
    missing(error.message);
    return [];
  }
}
