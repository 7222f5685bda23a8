import type { Fields } from "../../../../components/nexus/object/kind";
import { FORMAT_NAMES } from "../../../../components/settings/nexus/nexus-formats";
import { type Call, type Reply, scriptedNexus } from "../../../support/nexus/scripted-nexus";

/** What a Nexus of the tests holds, each object as the real one tells it. */
export interface Held {
  readonly blobStores?: readonly Fields[];
  readonly cleanupPolicies?: readonly Fields[];
  readonly routingRules?: readonly Fields[];
  readonly repositories?: readonly Fields[];
  readonly contentSelectors?: readonly Fields[];
  readonly privileges?: readonly Fields[];
  readonly roles?: readonly Fields[];
  readonly users?: readonly Fields[];
  /** As the UI's API tells them. */
  readonly tasks?: readonly Fields[];
  readonly certificates?: readonly Fields[];
}

const REST = "/service/rest";

/** Formats in paths. */
const FORMATS: { readonly [format: string]: string } = { maven2: "maven" };

const swagger = {
  paths: Object.fromEntries([
    ["/v1/repositories", { get: {} }],
    ...FORMAT_NAMES.flatMap((format) =>
      ["hosted", "proxy", "group"].map((type) => [`/v1/repositories/${format}/${type}`, { post: {} }]),
    ),
  ]),
  definitions: { DockerAttributes: { properties: { pathEnabled: {} } } },
};

/** A Nexus that tells what it holds and takes every change without making it. */
export async function objectServer(held: Held, over: (call: Call) => Reply | undefined = () => undefined) {
  const nexus = await scriptedNexus((call) => over(call) ?? answer(held, call));
  const server = { url: nexus.url, username: "admin", password: "s3cret-of-admin" };
  const isChange = ({ method, path }: Call) => method !== "GET" && path !== "/service/extdirect";
  return {
    ...nexus,
    server,
    changes: () => nexus.calls.filter(isChange),
    /** The object that a path below /service/rest tells. */
    told: (path: string) => answer(held, { method: "GET", path, authorization: undefined, body: "" }).body,
  };
}

function answer(held: Held, { method, path, body }: Call): Reply {
  if (path === "/service/extdirect") return direct(held, body as { method: string });
  if (method !== "GET") return { status: method === "POST" ? 201 : 204 };
  const [, rest = ""] = path.split(REST);
  const found = lists(held)[rest] ?? single(held, rest);
  return found === undefined ? { status: 404 } : { status: 200, body: found };
}

function lists(held: Held): { readonly [path: string]: unknown } {
  return {
    "/swagger.json": swagger,
    "/v1/repositorySettings": held.repositories ?? [],
    "/v1/blobstores": held.blobStores ?? [],
    "/internal/cleanup-policies": held.cleanupPolicies ?? [],
    "/v1/routing-rules": held.routingRules ?? [],
    "/v1/security/content-selectors": held.contentSelectors ?? [],
    "/v1/security/privileges": held.privileges ?? [],
    "/v1/security/roles": held.roles ?? [],
    "/v1/security/users": held.users ?? [],
    "/v1/security/ssl/truststore": held.certificates ?? [],
  };
}

function single(held: Held, path: string): unknown {
  const [route = "", query = ""] = path.split("?");
  const steps = route.split("/").slice(2).map(decodeURIComponent);
  const name = steps.at(-1);
  const by = (list: readonly Fields[] | undefined, field: string) => list?.find((one) => one[field] === name);
  if (route === "/v1/components" || route === "/v1/assets") return { items: [], continuationToken: null };
  if (route === "/v1/security/users")
    return held.users?.filter(({ userId }) => query.includes(`userId=${userId}`));
  if (route.startsWith("/v1/blobstores/")) {
    const store = by(held.blobStores, "name");
    return store && steps[1] === String(store["type"]).toLowerCase() ? store : undefined;
  }
  if (route.startsWith("/v1/repositories/")) {
    const found = by(held.repositories, "name");
    const format = String(found?.["format"]);
    return found && `${FORMATS[format] ?? format}/${found["type"]}` === `${steps[1]}/${steps[2]}`
      ? found
      : undefined;
  }
  if (route.startsWith("/internal/cleanup-policies/")) return by(held.cleanupPolicies, "name");
  if (route.startsWith("/v1/routing-rules/")) return by(held.routingRules, "name");
  if (route.startsWith("/v1/security/content-selectors/")) return by(held.contentSelectors, "name");
  if (route.startsWith("/v1/security/privileges/")) return by(held.privileges, "name");
  if (route.startsWith("/v1/security/roles/")) return by(held.roles, "id");
  return undefined;
}

function direct(held: Held, { method }: { method: string }): Reply {
  const types = [...new Set((held.tasks ?? []).map(({ typeId }) => typeId))];
  const shown = types.map((id) => ({ id, exposed: id !== "repository.cleanup" }));
  const data = { read: held.tasks ?? [], readTypes: shown }[method];
  return {
    status: 200,
    body: { type: "rpc", tid: 1, result: { success: data !== undefined, data: data ?? null } },
  };
}
